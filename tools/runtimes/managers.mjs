import { cp, mkdtemp } from 'node:fs/promises';
import { join } from 'node:path';
import { nodeBinary } from '../packages/binaries.mjs';
import { install, makeProject } from '../packages/install.mjs';
import { managerCall } from '../packages/managers.mjs';
import { orNotRun } from './cell.mjs';
import { runProgram } from './program.mjs';
import { PROGRAMS } from './test-environment.mjs';

/**
 * @typedef {import('./cell.mjs').Cell} Cell
 * @typedef {import('../packages/managers.mjs').ManagerName} ManagerName
 */

/** @type {Readonly<Record<string, ManagerName>>} */
const ROWS = { npm: 'npm', pnpm: 'pnpm', 'yarn 1': 'yarn1', 'yarn 4': 'yarn4', 'yarn 4, PnP': 'yarn4-pnp' };

/** The versions of Node, of Nest, and of the packages around it that go together. */
const COLUMNS = [
  { node: '20.19', nest: '11', schedule: '6', terminus: '11' },
  { node: '24', nest: '12', schedule: '12', terminus: '12' },
];

/** Lines about peers are faults when they name a package of ours, or one that an application of ours names. */
const OURS = /@crowdsec-sdk|keyv|maxmind/;

/**
 * Applications on Express and on Nest, installed by each package manager on an old and a new Node, and run.
 *
 * @returns {Cell[]}
 */
export function managerCells() {
  return Object.entries(ROWS).flatMap(([row, manager]) =>
    COLUMNS.map((versions) => ({
      group: 'Package managers',
      row,
      column: `Node ${versions.node}, Express 5, Nest ${versions.nest}, Terminus ${versions.terminus}`,
      async run(environment) {
        const { path: node } = await orNotRun(nodeBinary(versions.node));
        const folder = await mkdtemp(join(environment.folder, 'managed-'));
        await makeProject(folder, {
          packageJson: { dependencies: dependencies(versions) },
          registry: environment.registry,
        });
        await cp(PROGRAMS, folder, { recursive: true });
        const { version, peerProblems } = await install(folder, manager, { node });
        const faults = peerProblems.filter((line) => OURS.test(line));
        if (faults.length > 0) throw new Error(`${row} says of peers:\n${faults.join('\n')}`);
        // Without node_modules, yarn runs Node.
        const runner = manager === 'yarn4-pnp' ? [...(await managerCall(manager, node)).call, 'node'] : [node];
        for (const file of ['express.mjs', 'nest.mjs'])
          await runProgram(environment, { cwd: folder, call: [...runner, file] });
        return version;
      },
    })),
  );
}

/** @param {{ nest: string, schedule: string, terminus: string }} versions */
function dependencies({ nest, schedule, terminus }) {
  return {
    '@crowdsec-sdk/core': '^0.1.0',
    '@crowdsec-sdk/express': '^0.1.0',
    '@crowdsec-sdk/nestjs': '^0.1.0',
    '@nestjs/common': `^${nest}.0.0`,
    '@nestjs/core': `^${nest}.0.0`,
    '@nestjs/platform-express': `^${nest}.0.0`,
    '@nestjs/schedule': `^${schedule}.0.0`,
    '@nestjs/terminus': `^${terminus}.0.0`,
    express: '^5.0.0',
    'reflect-metadata': '^0.2.0',
    rxjs: '^7.8.0',
  };
}
