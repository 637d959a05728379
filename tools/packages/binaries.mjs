import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';
import { cachedTool } from './cached-tool.mjs';

/**
 * A program that runs JavaScript.
 *
 * @typedef {object} Binary
 * @property {string} version
 * @property {string} path absolute
 */

/** The registry has a runtime, and no binary of it for this platform. */
export class NoBinary extends Error {}

/** As the npm package `node` spells the platforms for which it has a binary each. */
const NODE_PLATFORM = `${process.platform === 'win32' ? 'win' : process.platform}-${process.arch}`;

/**
 * The newest Node that a range allows, as the npm registry has it.
 *
 * @param {string} range such as `20.19` or `24`
 * @returns {Promise<Binary>}
 */
export async function nodeBinary(range) {
  const name = `node-${NODE_PLATFORM}`;
  const { version, folder } = await cachedTool(name, range);
  return { version, path: join(folder, 'node_modules', name, ...executable('bin', 'node')) };
}

/** @returns {Promise<Binary>} the newest Bun of the npm registry */
export function bunBinary() {
  return platformBinary('bun', 'latest', '@oven', ['bin', 'bun']);
}

/** @returns {Promise<Binary>} the newest Deno of the npm registry */
export function denoBinary() {
  return platformBinary('deno', 'latest', '@deno', ['deno']);
}

/**
 * A binary of a package that has one optional dependency for each platform; npm installs the one that fits.
 *
 * @param {string} name
 * @param {string} range of versions
 * @param {string} scope of the packages with the binaries
 * @param {readonly string[]} path of the binary in them
 * @returns {Promise<Binary>}
 * @throws {NoBinary}
 */
export async function platformBinary(name, range, scope, path) {
  const { version, folder } = await cachedTool(name, range);
  const packages = join(folder, 'node_modules', scope);
  const fitting = existsSync(packages) ? readdirSync(packages) : [];
  if (fitting.length === 0) throw new NoBinary(`The npm package ${name}@${version} has no binary for this platform.`);
  return { version, path: join(packages, fitting[0], ...executable(...path)) };
}

/** @param {...string} path */
function executable(...path) {
  return process.platform === 'win32' ? [...path.slice(0, -1), `${path.at(-1) ?? ''}.exe`] : path;
}
