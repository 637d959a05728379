import { cp, mkdtemp } from 'node:fs/promises';
import { join } from 'node:path';
import process from 'node:process';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { startApp } from '../packages/app-process.mjs';
import { install, makeProject, withoutNpm } from '../packages/install.mjs';
import { runOrThrow } from '../packages/run.mjs';
import { readManifest } from '../packages/workspace.mjs';
import { freePort } from '../redis-server.mjs';
import { BANNED } from './program.mjs';

/**
 * @typedef {import('./cell.mjs').Cell} Cell
 * @typedef {import('./cell.mjs').TestEnvironment} TestEnvironment
 */

const APPLICATION = fileURLToPath(new URL('../packages/next-application', import.meta.url));

const REPORTED = '45.84.0.1';

/** The two ways that the README has: core as a part of the bundle, or loaded by Node as it is. */
const CONFIGS = {
  'Turbopack (Next)': 'export default {};\n',
  'Turbopack (Next), core left out': "export default { serverExternalPackages: ['@crowdsec-sdk/core'] };\n",
};

/**
 * An application on Next, built and served.
 *
 * @returns {Cell[]}
 */
export function nextCells() {
  /** @type {Promise<string> | undefined} */
  let installed;
  return Object.entries(CONFIGS).map(([row, config]) => ({
    group: 'Bundlers',
    row,
    column: 'application',
    async run(environment) {
      installed ??= makeApplication(environment);
      // Links in node_modules, and all else of its own: both may be built at a time.
      const folder = await mkdtemp(join(environment.folder, 'next-'));
      await cp(await installed, folder, { recursive: true, verbatimSymlinks: true });
      await makeProject(folder, {
        packageJson: readManifest('', APPLICATION),
        files: { 'next.config.mjs': config },
        registry: environment.registry,
      });
      await buildAndServe(folder, environment);
      return readManifest('node_modules/next', folder).version;
    },
  }));
}

/** @param {TestEnvironment} environment */
async function makeApplication({ folder, registry }) {
  const project = join(folder, 'next');
  await cp(APPLICATION, project, { recursive: true });
  await makeProject(project, { packageJson: readManifest('', APPLICATION), registry });
  await install(project);
  return project;
}

/**
 * @param {string} folder
 * @param {TestEnvironment} environment
 */
async function buildAndServe(folder, { sandbox }) {
  const next = join(folder, 'node_modules/next/dist/bin/next');
  const env = { ...withoutNpm(), NEXT_TELEMETRY_DISABLED: '1' };
  await runOrThrow(process.execPath, [next, 'build'], { cwd: folder, env, timeoutMs: 280_000 });

  const port = await freePort();
  const options = { CAPI_URL: sandbox.url, STATE_DIR: join(folder, 'state'), NEXT_MANUAL_SIG_HANDLE: 'true' };
  const app = startApp([process.execPath, next, 'start', '-H', '127.0.0.1', '-p', String(port)], {
    cwd: folder,
    env: { ...process.env, ...options },
    port,
  });
  try {
    await app.listening();
    await expectGuarded(`http://127.0.0.1:${port}/`);
    const { signal } = await app.terminate();
    if (signal === 'SIGKILL') throw new Error('It did not end by SIGTERM.');
  } catch (error) {
    throw new Error(`${/** @type {Error} */ (error).message}\n${app.output()}`, { cause: error });
  } finally {
    app.kill();
  }
  await sandbox.signal(({ source }) => source.value === REPORTED);
}

/**
 * Has the application refuse one client, answer another one and report {@link REPORTED}.
 *
 * @param {string} url
 */
async function expectGuarded(url) {
  const statusFor = async (/** @type {string} */ client) => {
    const { status } = await fetch(url, { headers: { 'x-forwarded-for': client } });
    return status;
  };
  for (const end = performance.now() + 30_000; (await statusFor(BANNED)) !== 403; await delay(100))
    if (performance.now() > end) throw new Error('The banned client was not refused.');
  if ((await statusFor('203.0.113.1')) !== 200) throw new Error('Another client was refused.');
  const headers = { 'x-forwarded-for': '203.0.113.1' };
  await fetch(`${url}report`, { method: 'POST', body: REPORTED, headers });
}
