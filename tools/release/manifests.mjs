import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/**
 * @typedef {object} Manifest what of a package.json counts for a release
 * @property {string} name
 * @property {string} version
 * @property {boolean} [private]
 * @property {Record<string, string>} [dependencies]
 * @property {Record<string, string>} [devDependencies]
 * @property {Record<string, string>} [peerDependencies]
 */

/**
 * The manifests of all packages and apps.
 *
 * @param {string} root of the workspace
 * @returns {{ folder: string, manifest: Manifest }[]} with the folder relative to the root
 */
export function workspaceManifests(root) {
  return ['packages', 'apps']
    .flatMap((group) => readdirSync(join(root, group)).map((name) => `${group}/${name}`))
    .filter((folder) => existsSync(join(root, folder, 'package.json')))
    .map((folder) => ({ folder, manifest: JSON.parse(readFileSync(join(root, folder, 'package.json'), 'utf8')) }));
}

/**
 * Those that are published: all that are not private.
 *
 * @param {string} root
 */
export function publishedManifests(root) {
  return workspaceManifests(root).filter(({ manifest }) => manifest.private !== true);
}
