import { join } from 'node:path';
import { publishedPackages, ROOT } from '../packages/workspace.mjs';

/** @import { Export } from '../packages/workspace.mjs' */

/**
 * What one entry of a package's `exports` gives to TypeScript.
 *
 * @typedef {{ package: string, folder: string, name: string, specifier: string, types: string }} Entry `folder` and `types` are absolute;
 *   `name` is `index` for `.` and `extension` for `./extension`
 */

/**
 * The entries with types of the packages that are published.
 *
 * @param {string} [root] the folder of the repository
 * @returns {Entry[]}
 */
export function publishedEntries(root = ROOT) {
  return publishedPackages(root).flatMap(({ folder, manifest }) =>
    Object.entries(manifest.exports ?? {}).flatMap(([entry, conditions]) => {
      const types = typesOf(conditions);
      if (types === undefined) return [];
      const name = entry === '.' ? 'index' : entry.slice(2).replaceAll('/', '-');
      const specifier = manifest.name + entry.slice(1);
      return [
        { package: manifest.name, folder: join(root, folder), name, specifier, types: join(root, folder, types) },
      ];
    }),
  );
}

/**
 * The declarations of an entry's ES modules; those of the CommonJS build are made of the same source.
 *
 * @param {Export} conditions
 * @returns {string | undefined}
 */
function typesOf(conditions) {
  if (typeof conditions === 'string') return undefined;
  for (const [condition, value] of Object.entries(conditions)) {
    if (condition === 'require') continue;
    const types = condition === 'types' && typeof value === 'string' ? value : typesOf(value);
    if (types !== undefined) return types;
  }
  return undefined;
}
