import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import process from 'node:process';
import { reasonOf, run } from '../packages/run.mjs';
import { freePort } from '../redis-server.mjs';
import { checkApp } from './check-app.mjs';
import {
  compile,
  makeReadmeProject,
  missingInstalls,
  pointAtSandbox,
  startVariables,
  TYPESCRIPT,
} from './readme-project.mjs';
import { runScript } from './readme-script.mjs';

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
 *
 * @typedef {{ code: ReadmeCode, profile: Profile, environment: Environment }} Try
 * @typedef {(cell: string, result: string) => void} Report takes `ok`, `not run: ` with a reason, or what is wrong
 */

/** Which files start an application, the first of them that is there. */
const MAIN = ['server', 'src/main', 'main', 'app', 'src/index', 'index'];
let runs = 0;

/**
 * Does with a README what a reader would: installs, pastes, compiles, runs, and stops; then once more with Redis.
 *
 * @param {string} folder an empty one, outside of the repository
 * @param {Try & { report: Report }} options
 */
export async function runReadme(folder, { code, profile, environment, report }) {
  const missing = missingInstalls(code, profile);
  const problem = `The code imports ${missing.join(', ')}, which no install line before it names.`;
  await makeReadmeProject(folder, { code, profile, registry: environment.registry });
  report('install', missing.length === 0 ? 'ok' : problem);
  await prepare(folder, profile);

  const files = Object.keys(code.files);
  const sources = files.filter((file) => /\.tsx?$/.test(file));
  if (sources.length > 0) await compileAll(folder, profile, report);
  for (const script of files.filter((file) => file.endsWith('.sh')))
    report('script', await runScript(folder, code.files[script]));
  if (files.some((file) => file.includes('.test.'))) report('tests', await runTests(folder));
  else if (sources.length > 0) await runApp(folder, { code, profile, environment, report });
}

/**
 * @param {string} folder
 * @param {Profile} profile
 */
async function prepare(folder, profile) {
  if (profile.prepare === undefined) return;
  const prepared = await run(process.execPath, nodeArguments(folder, profile.prepare), { cwd: folder });
  if (!prepared.ok) throw new Error(`${profile.prepare.join(' ')} ${reasonOf(prepared)}`);
}

/**
 * @param {string} folder
 * @param {Profile} profile
 * @param {Report} report
 */
async function compileAll(folder, profile, report) {
  const { notCompiled = {} } = profile;
  for (const [version, reason] of Object.entries(notCompiled)) report(`ts ${version}`, `not run: ${reason}`);
  const versions = TYPESCRIPT.filter((version) => !(version in notCompiled));
  const emits = profile.build === undefined;
  const results = versions.map(async (version, index) => compile(folder, version, { emit: emits && index === 0 }));
  for (const [index, version] of versions.entries()) report(`ts ${version}`, await results[index]);
}

/** @param {string} folder */
async function runTests(folder) {
  const outcome = await run(process.execPath, nodeArguments(folder, ['vitest/vitest.mjs', 'run']), { cwd: folder });
  return outcome.ok ? 'ok' : reasonOf(outcome);
}

/**
 * @param {string} folder
 * @param {Try & { report: Report }} options
 */
async function runApp(folder, { report, ...rest }) {
  const text = Object.values(rest.code.files).join('\n');
  const files = await runOnce(folder, { ...rest, store: {}, name: 'files' });
  for (const cell of /** @type {const} */ (['refused', 'reported', 'stopped'])) report(cell, withLog(files, cell));
  if (/\bstore:/.test(text)) return;
  const store = { store: rest.environment.redis, namespace: `readme-${++runs}` };
  const redis = await runOnce(folder, { ...rest, store, name: 'redis' });
  report('refused, Redis', withLog(redis, 'refused'));
  report('stopped, Redis', withLog(redis, 'stopped'));
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
 * @param {Try & { store: Readonly<Record<string, string>>, name: string }} options
 */
async function runOnce(folder, { code, profile, environment: { sandbox }, store, name }) {
  const restore = pointAtSandbox(profile.build === undefined ? join(folder, 'dist') : folder, {
    apiUrl: sandbox.url,
    trustedProxies: 'loopback',
    ...store,
  });
  try {
    const env = {
      ...profile.env,
      ...startVariables(code, profile),
      NODE_ENV: 'production',
      XDG_STATE_HOME: join(folder, `state-${name}`),
    };
    if (profile.build !== undefined) {
      const args = nodeArguments(folder, profile.build);
      const built = await run(process.execPath, args, { cwd: folder, env, timeoutMs: 300_000 });
      if (!built.ok) throw new Error(`The build ${reasonOf(built)}`);
    }
    const args = profile.start === undefined ? [mainFile(folder, code)] : nodeArguments(folder, profile.start);
    const attacker = `5.188.20.${++runs}`;
    const port = await freePort();
    return await checkApp([process.execPath, ...args], {
      cwd: folder,
      port,
      sandbox,
      env,
      ends: profile.ends,
      attacker,
    });
  } finally {
    restore();
  }
}

/**
 * @param {string} folder
 * @param {readonly string[]} command
 */
function nodeArguments(folder, [module = '', ...args]) {
  const inFolder = join(folder, module);
  const installed = join(folder, 'node_modules', module);
  if (module.startsWith('./')) return [inFolder, ...args];
  return [existsSync(installed) ? installed : createRequire(join(folder, 'package.json')).resolve(module), ...args];
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
