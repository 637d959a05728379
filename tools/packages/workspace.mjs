import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The folder of the repository. */
export const ROOT = fileURLToPath(new URL('../..', import.meta.url));

/**
 * What this repository's tools read of a `package.json`.
 *
 * @typedef {Record<string, unknown> & {
 *   name: string;
 *   version: string;
 *   private?: boolean;
 *   type?: string;
 *   repository?: { type: string; url: string; directory?: string };
 *   engines?: Record<string, string>;
 *   author?: string;
 *   license?: string;
 *   keywords?: string[];
 *   sideEffects?: false | string[];
 *   publishConfig?: Record<string, unknown>;
 *   exports?: Record<string, Export>;
 *   files?: string[];
 *   bin?: Record<string, string>;
 *   scripts?: Record<string, string>;
 *   dependencies?: Record<string, string>;
 *   peerDependencies?: Record<string, string>;
 *   peerDependenciesMeta?: Record<string, { optional?: boolean }>;
 *   devDependencies?: Record<string, string>;
 * }} Manifest
 */

/** @typedef {string | { [condition: string]: Export }} Export an entry of `exports`, or what one of its conditions holds */

/** @typedef {{ folder: string; manifest: Manifest }} Package `folder` is relative to the repository, `packages/core` */

/**
 * @param {string} folder relative to `root`, empty for the one of `root` itself
 * @param {string} [root]
 * @returns {Manifest}
 */
export function readManifest(folder, root = ROOT) {
  return JSON.parse(readFileSync(join(root, folder, 'package.json'), 'utf8'));
}

/**
 * The packages that are published: those in `packages/` that are not private.
 *
 * @param {string} [root]
 * @returns {Package[]}
 */
export function publishedPackages(root = ROOT) {
  return packagesIn('packages', root).filter(({ manifest }) => manifest.private !== true);
}

/**
 * All packages and apps, private ones too: a release gives all of them its version.
 *
 * @param {string} [root]
 * @returns {Package[]}
 */
export function workspacePackages(root = ROOT) {
  return ['packages', 'apps'].flatMap((group) => packagesIn(group, root));
}

/**
 * @param {string} group
 * @param {string} root
 * @returns {Package[]}
 */
function packagesIn(group, root) {
  return readdirSync(join(root, group))
    .map((name) => `${group}/${name}`)
    .filter((folder) => existsSync(join(root, folder, 'package.json')))
    .map((folder) => ({ folder, manifest: readManifest(folder, root) }));
}

/**
 * The ES module of an entry of `exports`; nothing for what is no JavaScript.
 *
 * @param {Export} target
 * @returns {string | undefined}
 */
export function esModuleOf(target) {
  if (typeof target === 'string') return target.endsWith('.js') ? target : undefined;
  const found = target['default'];
  return found === undefined ? undefined : esModuleOf(found);
}

/**
 * The ES modules that a package's `exports` name, as paths in its folder: `./dist/index.js`.
 *
 * @param {Manifest} manifest
 */
export function entryModules(manifest) {
  return Object.values(manifest.exports ?? {}).flatMap((target) => esModuleOf(target) ?? []);
}

/**
 * True for packages that have a CommonJS build: all but those for programs that are ES modules anyway, such as tests by Vitest.
 *
 * @param {Manifest} manifest
 */
export function hasCommonjs(manifest) {
  return manifest.scripts?.build?.includes('build-commonjs.mjs') === true;
}
