import { mkdir, writeFile } from 'node:fs/promises';
import { delimiter, dirname, join } from 'node:path';
import process from 'node:process';
import { MANAGERS, managerCall } from './managers.mjs';
import { runOrThrow } from './run.mjs';

/** @typedef {import('./managers.mjs').ManagerName} ManagerName */

/**
 * Makes a project as a user of the packages would have it.
 *
 * @param {string} folder outside of this repository, whose node_modules it must not find
 * @param {object} project
 * @param {object} project.packageJson as a user writes it: `"@crowdsec-sdk/core": "^0.1.0"`
 * @param {Readonly<Record<string, string>>} [project.files] contents by paths in the folder
 * @param {string} project.registry URL of the registry that has our packages ({@link import('./registry.mjs').startRegistry}); all
 *   others come from npm's
 */
export async function makeProject(folder, { packageJson, files = {}, registry }) {
  const all = {
    'package.json': JSON.stringify({ private: true, ...packageJson }, null, 2),
    // Read by npm, pnpm and yarn 1.
    '.npmrc': `@crowdsec-sdk:registry=${registry}\n`,
    '.yarnrc.yml': `npmScopes:\n  crowdsec-sdk:\n    npmRegistryServer: '${registry}'\nunsafeHttpWhitelist: ['127.0.0.1']\n`,
    // Install scripts are not run, and that is no error.
    'pnpm-workspace.yaml': 'strictDepBuilds: false\n',
    // For yarn 4 the folder is a project of its own by it.
    'yarn.lock': '',
    ...files,
  };
  for (const [path, content] of Object.entries(all)) {
    await mkdir(dirname(join(folder, path)), { recursive: true });
    await writeFile(join(folder, path), content);
  }
}

/**
 * Installs the dependencies of a project.
 *
 * @param {string} folder of {@link makeProject}
 * @param {ManagerName} [manager]
 * @param {{ node?: string, range?: string, timeoutMs?: number }} [options] `node` is the path of the Node that runs the package manager and the install scripts:
 *   this process's unless given; `range` of the package manager's versions, the ones that go with that Node unless given
 * @returns {Promise<{ version: string, peerProblems: string[], output: string }>} `version` of the package manager; `peerProblems` are
 *   the lines that tell of peers that are missing, or of another version than asked for
 * @throws an `Error` with the output when it fails
 */
export async function install(folder, manager = 'npm', { node = process.execPath, range, timeoutMs = 300_000 } = {}) {
  const { install: args, env, peerProblem } = MANAGERS[manager];
  const { version, call } = await managerCall(manager, node, range);
  const { output } = await runOrThrow(call[0], [...call.slice(1), ...args], {
    cwd: folder,
    timeoutMs,
    env: { ...withoutNpm(), ...env, PATH: [dirname(node), process.env.PATH ?? ''].join(delimiter) },
  });
  return { version, output, peerProblems: output.split('\n').filter((line) => peerProblem.test(line)) };
}

/**
 * What `npm run` adds to the environment, set to nothing: it would be taken for configuration.
 *
 * @returns {Record<string, undefined>}
 */
export function withoutNpm() {
  return Object.fromEntries(
    Object.keys(process.env)
      .filter((name) => name.toLowerCase().startsWith('npm_') || name === 'INIT_CWD')
      .map((name) => [name, undefined]),
  );
}
