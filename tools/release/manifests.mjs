import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { readManifest } from '../packages/workspace.mjs';

/** @import { Package } from '../packages/workspace.mjs' */

/**
 * The manifests of all packages and apps, private ones too: a release gives all of them its version.
 *
 * @param {string} root of the workspace
 * @returns {Package[]}
 */
export function workspaceManifests(root) {
  return ['packages', 'apps']
    .flatMap((group) => readdirSync(join(root, group)).map((name) => `${group}/${name}`))
    .filter((folder) => existsSync(join(root, folder, 'package.json')))
    .map((folder) => ({ folder, manifest: readManifest(folder, root) }));
}
