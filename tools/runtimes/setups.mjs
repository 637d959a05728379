import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { cp, mkdtemp } from 'node:fs/promises';
import { delimiter, dirname, join } from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { nodeBinary } from '../packages/binaries.mjs';
import { install, makeProject, withoutNpm } from '../packages/install.mjs';
import { managerCall } from '../packages/managers.mjs';
import { reasonOf, run } from '../packages/run.mjs';
import { orNotRun } from './cell.mjs';

/**
 * @typedef {import('./cell.mjs').Cell} Cell
 * @typedef {import('./cell.mjs').TestEnvironment} TestEnvironment
 */

/**
 * A project of a user with a test runner: a folder of `tools/packages/setups` whose script `test` must pass. Its package.json is that of a
 * user but for `variants`: dependencies to be tried one after the other, by the name of the row.
 *
 * @typedef {{ name: string, folder: string, dependencies: Readonly<Record<string, string>> }} Setup
 */

const SETUPS = fileURLToPath(new URL('../packages/setups', import.meta.url));

const NEWEST_NODE = '24';

const NODES = ['20', '22', NEWEST_NODE];

/**
 * Each set-up on each Node.
 *
 * @returns {Cell[]}
 */
export function setupCells() {
  const folders = readdirSync(SETUPS).filter((name) => existsSync(join(SETUPS, name, 'package.json')));
  return folders.flatMap(setupsOf).flatMap(cellsOf);
}

/**
 * @param {string} name of a folder
 * @returns {Setup[]}
 */
function setupsOf(name) {
  const folder = join(SETUPS, name);
  /** @type {{ variants?: Record<string, Record<string, string>> }} */
  const { variants = { '': {} } } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
  return Object.entries(variants).map(([variant, dependencies]) => ({
    name: variant === '' ? name : `${name}, ${variant}`,
    folder,
    dependencies,
  }));
}

/**
 * @param {Setup} setup
 * @returns {Cell[]}
 */
function cellsOf(setup) {
  /** @type {Promise<string> | undefined} */
  let project;
  return NODES.map((range) => ({
    group: 'Test runners',
    row: setup.name,
    column: `Node ${range}`,
    async run(environment) {
      const node = await orNotRun(nodeBinary(range));
      project ??= makeSetup(setup, environment);
      await runScript(await project, node.path);
      return node.version;
    },
  }));
}

/**
 * @param {Setup} setup
 * @param {TestEnvironment} environment
 */
async function makeSetup({ folder: source, dependencies }, { folder, registry }) {
  const project = await mkdtemp(join(folder, 'setup-'));
  await cp(source, project, { recursive: true });
  /** @type {{ dependencies?: Record<string, string> }} */
  const packageJson = JSON.parse(readFileSync(join(source, 'package.json'), 'utf8'));
  const all = { ...packageJson.dependencies, ...dependencies };
  await makeProject(project, { packageJson: { ...packageJson, dependencies: all, variants: undefined }, registry });
  // Once for all, and by the newest: the npm of Node 20 and 22 fails on Vitest 4 (`reading 'edgesOut'`), with or without our packages.
  await install(project, 'npm', { node: (await nodeBinary(NEWEST_NODE)).path });
  return project;
}

/**
 * `npm test` by a certain Node.
 *
 * @param {string} cwd
 * @param {string} node
 */
async function runScript(cwd, node) {
  const { call } = await managerCall('npm', node, '10');
  const outcome = await run(call[0], [...call.slice(1), 'test'], {
    cwd,
    env: { ...withoutNpm(), CI: '1', PATH: [dirname(node), process.env.PATH ?? ''].join(delimiter) },
  });
  if (!outcome.ok) throw new Error(reasonOf(outcome));
}
