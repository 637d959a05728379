import { spawnSync } from 'node:child_process';
import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';
import process from 'node:process';

/**
 * What the tests run for real and no npm package ships.
 *
 * @typedef {object} Need
 * @property {string} command
 * @property {string} package Debian's that has it
 * @property {string | undefined} [path] of the command, where it is not among those of PATH
 */

/** @type {Need[]} */
const NEEDED = [
  { command: 'redis-server', package: 'redis-server' },
  { command: 'chromium', package: 'chromium', path: process.env.CHROMIUM_PATH },
];

/**
 * Makes sure that a real Redis and a real browser are there: installs what is missing where it may (root on a Debian-like machine),
 * and says what to install elsewhere.
 *
 * @returns {boolean} whether all is there
 */
export function ensurePrerequisites() {
  const missing = NEEDED.filter((need) => !isThere(need)).map((need) => need.package);
  if (missing.length === 0) return true;
  if (mayInstall()) {
    console.log(`Installing ${missing.join(' and ')} for the tests …`);
    /** @type {import('node:child_process').SpawnSyncOptions} */
    const quiet = {
      stdio: ['ignore', 'ignore', 'inherit'],
      env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' },
    };
    spawnSync('apt-get', ['update', '-qq'], quiet);
    spawnSync('apt-get', ['install', '-y', '-qq', '--no-install-recommends', ...missing], quiet);
  }
  const still = NEEDED.filter((need) => !isThere(need)).map((need) => need.package);
  if (still.length > 0)
    console.error(
      `The tests need ${still.join(' and ')}: install ${still.length > 1 ? 'them' : 'it'} and run them again.`,
    );
  return still.length === 0;
}

/** @param {Need} need */
function isThere({ command, path }) {
  return path === undefined ? isCommand(command) : isExecutable(path);
}

/**
 * Whether a command is in one of the folders of PATH.
 *
 * @param {string} command
 */
export function isCommand(command) {
  return (process.env.PATH ?? '').split(delimiter).some((folder) => isExecutable(join(folder, command)));
}

/** @param {string} file */
function isExecutable(file) {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

function mayInstall() {
  return process.getuid?.() === 0 && spawnSync('apt-get', ['--version'], { stdio: 'ignore' }).status === 0;
}
