import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/**
 * What one entry of a package's `exports` gives to TypeScript.
 *
 * @typedef {{ package: string, folder: string, name: string, specifier: string, types: string }} Entry `folder` and `types` are absolute;
 *   `name` is `index` for `.` and `extension` for `./extension`
 */

/**
 * The entries with types of the packages below a folder that are published.
 *
 * @param {string} packages
 * @returns {Entry[]}
 */
export function publishedEntries(packages) {
  return readdirSync(packages)
    .sort()
    .map((folder) => join(packages, folder))
    .flatMap((folder) => entriesOf(folder));
}

/**
 * @param {string} folder
 * @returns {Entry[]}
 */
function entriesOf(folder) {
  /** @type {{ name: string, private?: boolean, exports?: Record<string, unknown> }} */
  const manifest = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
  if (manifest.private) return [];
  return Object.entries(manifest.exports ?? {}).flatMap(([entry, conditions]) => {
    const types = typesOf(conditions);
    if (types === undefined) return [];
    const name = entry === '.' ? 'index' : entry.slice(2).replaceAll('/', '-');
    const specifier = manifest.name + entry.slice(1);
    return [{ package: manifest.name, folder, name, specifier, types: join(folder, types) }];
  });
}

/**
 * The declarations of an entry's ES modules; those of the CommonJS build are made of the same source.
 *
 * @param {unknown} conditions
 * @returns {string | undefined}
 */
function typesOf(conditions) {
  if (typeof conditions !== 'object' || conditions === null) return undefined;
  for (const [condition, value] of Object.entries(conditions)) {
    if (condition === 'require') continue;
    const types = condition === 'types' && typeof value === 'string' ? value : typesOf(value);
    if (types !== undefined) return types;
  }
  return undefined;
}
