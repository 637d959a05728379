import { existsSync, rmSync } from 'node:fs';
import { mkdir, rename, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { run, runOrThrow } from './run.mjs';

/** Runtimes and package managers are downloaded once, and stay until node_modules is removed; so does what the latter cache. */
export const CACHE = fileURLToPath(new URL('../../node_modules/.cache/crowdsec-tools', import.meta.url));

/**
 * Installs a package of the npm registry beside others in a cache, without its install scripts and without its peers.
 *
 * @param {string} name
 * @param {string} range of versions; the newest one that it allows is taken
 * @returns {Promise<{ version: string, folder: string }>} `folder` has the `node_modules` that it is in
 * @throws an `Error` when the registry does not have it
 */
export async function cachedTool(name, range) {
  const version = await newest(name, range);
  const folder = join(CACHE, `${name.replace('/', '+')}@${version}`);
  const installed = installing.get(folder) ?? installInto(folder, `${name}@${version}`);
  installing.set(folder, installed);
  await installed;
  return { version, folder };
}

/**
 * What is being installed, or was, by the folder.
 *
 * @type {Map<string, Promise<void>>}
 */
const installing = new Map();

/**
 * @param {string} folder
 * @param {string} wanted
 */
async function installInto(folder, wanted) {
  if (existsSync(folder)) return;
  // Made aside, so that what was interrupted is not taken for whole.
  const partial = `${folder}.${process.pid}`;
  const removePartial = () => rmSync(partial, { recursive: true, force: true, maxRetries: 10, retryDelay: 50 });
  process.once('exit', removePartial);
  try {
    await mkdir(partial, { recursive: true });
    await writeFile(join(partial, 'package.json'), '{"private":true}');
    await runOrThrow('npm', ['install', '--ignore-scripts', '--legacy-peer-deps', wanted], {
      cwd: partial,
      timeoutMs: 300_000,
    });
    // Another process may have been faster.
    await rename(partial, folder).catch(() => undefined);
  } finally {
    process.off('exit', removePartial);
    removePartial();
  }
}

/** @type {Map<string, Promise<string>>} */
const asked = new Map();

/**
 * @param {string} name
 * @param {string} range
 */
function newest(name, range) {
  const key = `${name}@${range}`;
  const known = asked.get(key) ?? ask(key);
  asked.set(key, known);
  return known;
}

/** @param {string} wanted */
async function ask(wanted) {
  const { ok, stdout } = await run('npm', ['view', wanted, 'version', '--json'], { cwd: tmpdir() });
  /** @type {string | string[]} */
  const found = ok && stdout.trim() !== '' ? JSON.parse(stdout) : [];
  const newestFirst = [found].flat().sort((a, b) => b.localeCompare(a, 'en', { numeric: true }));
  if (newestFirst.length === 0) throw new Error(`The npm registry has no ${wanted}.`);
  return newestFirst[0];
}
