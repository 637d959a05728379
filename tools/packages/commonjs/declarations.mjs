import { copyFileSync, mkdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

/** A relative module in an import, an export or an import type. */
const RELATIVE = /(?:from |import ?\(?)['"](\.[^'"]+)\.js['"]/g;

/**
 * Copies declarations, and those that they refer to: TypeScript takes each of a folder whose `package.json` says `commonjs` for that of a
 * CommonJS module.
 *
 * @param {string} from
 * @param {string} to
 * @param {string[]} entries paths in `from`
 */
export function copyDeclarations(from, to, entries) {
  const seen = new Set(entries);
  for (const file of seen) {
    mkdirSync(dirname(join(to, file)), { recursive: true });
    copyFileSync(join(from, file), join(to, file));
    const text = readFileSync(join(from, file), 'utf8');
    for (const [, path = ''] of text.matchAll(RELATIVE)) seen.add(join(dirname(file), `${path}.d.ts`));
  }
}
