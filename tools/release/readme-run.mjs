import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import process from 'node:process';
import { freePort } from '../redis-server.mjs';
import { reasonOf, run } from '../packages/run.mjs';
import { checkApp } from './check-app.mjs';
import { compile, makeReadmeProject, missingInstalls, pointAtSandbox, TYPESCRIPT } from './readme-project.mjs';

/**
 * @import { SandboxProcess } from '../packages/sandbox-process.mjs'
 * @import { Profile } from './profiles.mjs'
 * @import { ReadmeCode } from './readme-code.mjs'
 */

/**
 * @typedef {object} Environment
 * @property {string} registry URL of the one that has our packages
 * @property {SandboxProcess} sandbox
 * @property {string} redis URL of a server
 */

/** Which files start an application, the first of them that is there. */
const MAIN = ['server', 'src/main', 'main', 'app', 'src/index', 'index'];
let runs = 0;

/**
 * Does with a README what a reader would: installs, pastes, compiles, runs, and stops; then once more with Redis.
 *
 * @param {string} folder an empty one, outside of the repository
 * @param {{ code: ReadmeCode, profile: Profile, environment: Environment, report: (cell: string, result: string) => void }} options
 *   `report` is told each result, `ok` or what is wrong
 */
export async function runReadme(folder, { code, profile, environment, report }) {
  const missing = missingInstalls(code, profile);
  await makeReadmeProject(folder, { code, profile, registry: environment.registry });
  report(
    'installs',
    missing.length === 0 ? 'ok' : `The code imports ${missing.join(', ')}, which no install line names.`,
  );

  const [emitting, ...others] = TYPESCRIPT;
  report(`ts ${emitting}`, await compile(folder, emitting, { emit: profile.build === undefined }));
  for (const version of others) report(`ts ${version}`, await compile(folder, version, { emit: false }));

  const files = await runOnce(folder, { code, profile, environment, store: {}, name: 'files' });
  for (const cell of /** @type {const} */ (['refused', 'reported', 'stopped'])) report(cell, withLog(files, cell));
  const store = { store: environment.redis, namespace: `readme-${++runs}` };
  const redis = await runOnce(folder, { code, profile, environment, store, name: 'redis' });
  report('redis: refused', withLog(redis, 'refused'));
  report('redis: stopped', withLog(redis, 'stopped'));
}

/**
 * @param {Awaited<ReturnType<typeof checkApp>>} results
 * @param {'refused' | 'reported' | 'stopped'} cell
 */
function withLog(results, cell) {
  return results[cell] === 'ok' ? 'ok' : `${results[cell]}\nThe application wrote:\n${results.output}`;
}

/**
 * @param {string} folder
 * @param {{ code: ReadmeCode, profile: Profile, environment: Environment, store: Readonly<Record<string, string>>, name: string }} options
 */
async function runOnce(folder, { code, profile, environment: { sandbox }, store, name }) {
  const restore = pointAtSandbox(profile.build === undefined ? join(folder, 'dist') : folder, {
    apiUrl: sandbox.url,
    trustedProxies: 'loopback',
    ...store,
  });
  try {
    const env = { ...profile.env, NODE_ENV: 'production', XDG_STATE_HOME: join(folder, `state-${name}`) };
    if (profile.build !== undefined) {
      const built = await run(process.execPath, nodeArguments(folder, profile.build), {
        cwd: folder,
        env,
        timeoutMs: 300_000,
      });
      if (!built.ok) throw new Error(`The build ${reasonOf(built)}`);
    }
    const command = profile.start === undefined ? [mainFile(folder, code)] : nodeArguments(folder, profile.start);
    const attacker = `5.188.20.${++runs}`;
    const port = await freePort();
    return await checkApp([process.execPath, ...command], { cwd: folder, port, sandbox, env, attacker });
  } finally {
    restore();
  }
}

/**
 * @param {string} folder
 * @param {readonly string[]} command
 */
function nodeArguments(folder, [module = '', ...args]) {
  const path = module.startsWith('./')
    ? join(folder, module)
    : createRequire(join(folder, 'package.json')).resolve(module);
  return [path, ...args];
}

/**
 * @param {string} folder
 * @param {ReadmeCode} code
 */
function mainFile(folder, { files }) {
  const names = [...MAIN, ...Object.keys(files).map((file) => file.replace(/\.[^.]+$/, ''))];
  const found = names.map((name) => join(folder, 'dist', `${name}.js`)).find(existsSync);
  if (found === undefined) throw new Error(`None of the README's files is there as JavaScript: ${names.join(', ')}.`);
  return found;
}
