import { fileURLToPath, pathToFileURL } from 'node:url';

/**
 * A checkout whose built packages are measured. The name of a case that is not of this checkout ends with its suffix.
 *
 * @typedef {{ root: string, suffix: string }} Build
 */

/**
 * This checkout, and the one to compare it with: `npm run bench -- --against FOLDER` hands its folder on in `BENCH_AGAINST`.
 *
 * @type {[Build, ...Build[]]}
 */
export const builds = [{ root: fileURLToPath(new URL('../..', import.meta.url)).replace(/\/$/, ''), suffix: '' }];
if (process.env.BENCH_AGAINST) builds.push({ root: process.env.BENCH_AGAINST, suffix: ', before' });

/**
 * A module of a checkout's core package, by its path in `dist`.
 *
 * @template T
 * @param {Build} build
 * @param {string} path
 * @returns {Promise<T>}
 */
export function fromCore({ root }, path) {
  return import(pathToFileURL(`${root}/packages/core/dist/${path}`).href);
}
