import { existsSync, readFileSync } from 'node:fs';
import { builtinModules, createRequire } from 'node:module';
import { dirname, isAbsolute, join } from 'node:path';

/**
 * True for what becomes a part of the CommonJS build: the package's own modules, and dependencies that are ES modules only. Packages of
 * ours and peers are never: there would be two of them in a process.
 *
 * @param {string} id as it is imported, or a path
 * @param {string} importer a path
 * @param {readonly string[]} peers
 */
export function isBundled(id, importer, peers) {
  if (id.startsWith('.') || id.startsWith('\0') || isAbsolute(id)) return true;
  if (id.startsWith('node:') || builtinModules.includes(id) || id.startsWith('@crowdsec-sdk/')) return false;
  return !peers.some((peer) => id === peer || id.startsWith(`${peer}/`)) && isEsmOnly(id, importer);
}

/**
 * @param {string} id
 * @param {string} importer
 */
function isEsmOnly(id, importer) {
  try {
    const file = createRequire(importer).resolve(id);
    return /\.[cm]js$/.test(file) ? file.endsWith('.mjs') : packageOf(file).type === 'module';
  } catch (error) {
    // A package that is not installed, as an optional one may be, is no ES module; one without an entry for `require()` is.
    return error instanceof Error && 'code' in error && error.code === 'ERR_PACKAGE_PATH_NOT_EXPORTED';
  }
}

/**
 * The nearest `package.json`.
 *
 * @param {string} file
 * @returns {{ type?: string }}
 */
function packageOf(file) {
  for (let folder = dirname(file); folder !== dirname(folder); folder = dirname(folder)) {
    const manifest = join(folder, 'package.json');
    if (existsSync(manifest)) return JSON.parse(readFileSync(manifest, 'utf8'));
  }
  return {};
}
