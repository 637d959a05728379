import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';

/** @import { EngineBinaries, EngineLookup } from './types.d.mts' */

/** Debian's packages that a local API needs: the engine itself, and the one library that is not on every machine. */
const PACKAGES = ['crowdsec', 'libsqlite3-0'];
/** A slow mirror has this long for some 30 MB. */
const DOWNLOAD_MS = 300_000;
const CACHE = fileURLToPath(new URL('../../node_modules/.cache/crowdsec-engine', import.meta.url));

/**
 * The engine that is here already: that of `CROWDSEC_ENGINE_BIN` (a folder that holds `crowdsec` and `cscli`), or the one that an earlier
 * {@link fetchEngine} unpacked. Fetches nothing.
 *
 * @returns {EngineLookup}
 */
export function findEngine() {
  const given = process.env.CROWDSEC_ENGINE_BIN;
  if (given !== undefined) return lookUp({ bin: given, libraries: undefined });
  return lookUp(unpackedIn(CACHE));
}

/**
 * The engine that is here, or else Debian's, downloaded by apt and unpacked beside `node_modules`: nothing is installed, and no service is
 * started.
 *
 * @param {(line: string) => void} tell what takes a while
 * @returns {EngineLookup}
 */
export function fetchEngine(tell) {
  const found = findEngine();
  if ('engine' in found || process.env.CROWDSEC_ENGINE_BIN !== undefined) return found;
  for (const tool of ['apt-get', 'dpkg']) {
    if (spawnSync(tool, ['--version'], { stdio: 'ignore' }).status !== 0)
      return { reason: `${tool} is not on this machine: only Debian's package of the engine can be fetched` };
  }
  mkdirSync(dirname(CACHE), { recursive: true });
  const folder = mkdtempSync(`${CACHE}-`);
  try {
    tell(`Downloading Debian's package of the engine, some 30 MB …`);
    download(folder);
    const root = join(folder, 'root');
    for (const file of readdirSync(folder).filter((name) => name.endsWith('.deb')))
      execFileSync('dpkg', ['-x', join(folder, file), root], { timeout: DOWNLOAD_MS });
    rmSync(CACHE, { recursive: true, force: true });
    renameSync(root, CACHE);
  } catch (error) {
    return {
      reason: `Debian's package could not be fetched: ${error instanceof Error ? error.message : String(error)}`,
    };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
  return findEngine();
}

/** @param {string} folder */
function download(folder) {
  const attempt = () =>
    spawnSync('apt-get', ['download', '-qq', ...PACKAGES], { cwd: folder, timeout: DOWNLOAD_MS, encoding: 'utf8' });
  let result = attempt();
  if (result.status !== 0 && process.getuid?.() === 0) {
    // The lists of packages may be missing, as they are in most images of containers.
    spawnSync('apt-get', ['update', '-qq'], { stdio: 'ignore', timeout: DOWNLOAD_MS });
    result = attempt();
  }
  if (result.status !== 0) throw new Error(result.stderr.trim() || 'apt-get download failed');
}

/**
 * @param {string} root
 * @returns {EngineBinaries}
 */
function unpackedIn(root) {
  const libraries = join(root, 'usr', 'lib');
  const architectures = existsSync(libraries) ? readdirSync(libraries).filter((name) => name.includes('-linux-')) : [];
  return { bin: join(root, 'usr', 'bin'), libraries: architectures.map((name) => join(libraries, name)).join(':') };
}

/**
 * @param {EngineBinaries} engine
 * @returns {EngineLookup}
 */
function lookUp(engine) {
  const missing = ['crowdsec', 'cscli'].find((name) => !existsSync(join(engine.bin, name)));
  if (missing !== undefined) return { reason: `${missing} is not in ${engine.bin}: npm run test:engine fetches it` };
  const { status, error } = spawnSync(join(engine.bin, 'cscli'), ['version'], {
    stdio: 'ignore',
    timeout: 30_000,
    env: environmentOf(engine),
  });
  return status === 0
    ? { engine }
    : { reason: `cscli does not run here: ${error?.message ?? `it ended with ${status}`}` };
}

/**
 * The environment in which the engine's programs find their libraries.
 *
 * @param {EngineBinaries} engine
 * @returns {NodeJS.ProcessEnv}
 */
export function environmentOf({ libraries }) {
  return libraries === undefined ? process.env : { ...process.env, LD_LIBRARY_PATH: libraries };
}
