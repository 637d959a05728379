import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { platformBinary } from './binaries.mjs';
import { CACHE, cachedTool } from './cached-tool.mjs';

/**
 * @typedef {'npm' | 'pnpm' | 'yarn1' | 'yarn4' | 'yarn4-pnp'} ManagerName yarn 4 with `node_modules`, or with Plug'n'Play
 */

/**
 * How a package manager is run.
 *
 * @typedef {object} Manager
 * @property {string} package of the npm registry that it is in
 * @property {(nodeMajor: number) => string} range of its versions that go with a Node
 * @property {string} command among the package's
 * @property {readonly string[]} install its arguments; the strictest that it has about peers
 * @property {Readonly<Record<string, string>>} env
 * @property {RegExp} peerProblem what a line of its output has that tells of a peer that is missing or of another version
 */

/** From this version on pnpm is a binary of its own, which no Node runs. */
const NATIVE_PNPM = '12';

/** @type {Readonly<Record<ManagerName, Manager>>} */
export const MANAGERS = {
  npm: {
    package: 'npm',
    range: (nodeMajor) => (nodeMajor < 24 ? '10' : '11'),
    command: 'npm',
    install: ['install', '--strict-peer-deps', '--no-audit', '--no-fund'],
    env: {},
    peerProblem: /ERESOLVE|Conflicting peer|EBADENGINE/,
  },
  pnpm: {
    package: 'pnpm',
    range: (nodeMajor) => (nodeMajor < 22 ? '10' : NATIVE_PNPM),
    command: 'pnpm',
    install: ['install', '--no-frozen-lockfile', '--config.strict-peer-dependencies=true'],
    env: { npm_config_store_dir: join(CACHE, 'pnpm-store') },
    peerProblem: /unmet peer|missing peer|Unsupported engine/,
  },
  yarn1: {
    package: 'yarn',
    range: () => '1',
    command: 'yarn',
    // One at a time: its cache does not survive two.
    install: ['install', '--no-progress', '--non-interactive', '--mutex', `file:${join(CACHE, 'yarn1.lock')}`],
    env: { YARN_CACHE_FOLDER: join(CACHE, 'yarn1-cache') },
    peerProblem: /(unmet|incorrect) peer dependency|is incompatible with this module/,
  },
  yarn4: yarn4('node-modules'),
  'yarn4-pnp': yarn4('pnp'),
};

/**
 * @param {'node-modules' | 'pnp'} linker
 * @returns {Manager}
 */
function yarn4(linker) {
  return {
    package: '@yarnpkg/cli-dist',
    range: () => '4',
    command: 'yarn',
    install: ['install', '--no-immutable'],
    env: {
      YARN_NODE_LINKER: linker,
      YARN_GLOBAL_FOLDER: join(CACHE, 'yarn4'),
      YARN_ENABLE_TELEMETRY: '0',
      YARN_ENABLE_GLOBAL_CACHE: '1',
    },
    peerProblem: /YN0002|YN0060|YN0086/,
  };
}

/**
 * How a package manager is called.
 *
 * @param {ManagerName} name
 * @param {string} node path of the Node that runs it
 * @param {string} [wanted] range of its versions, where it must be another than what goes with that Node
 * @returns {Promise<{ version: string, call: string[] }>} `call`: command and first arguments
 */
export async function managerCall(name, node, wanted) {
  const manager = MANAGERS[name];
  const range = wanted ?? manager.range(majorOf(node));
  if (name === 'pnpm' && range === NATIVE_PNPM) {
    const { version, path } = await platformBinary('pnpm', range, '@pnpm', ['pnpm']);
    return { version, call: [path] };
  }
  const { version, folder } = await cachedTool(manager.package, range);
  const home = join(folder, 'node_modules', manager.package);
  /** @type {{ bin: string | Record<string, string> }} */
  const { bin } = JSON.parse(readFileSync(join(home, 'package.json'), 'utf8'));
  return { version, call: [node, join(home, typeof bin === 'string' ? bin : bin[manager.command])] };
}

/** @param {string} node */
function majorOf(node) {
  const { stdout } = spawnSync(node, ['-p', 'process.versions.node'], { encoding: 'utf8' });
  return Number.parseInt(stdout, 10);
}
