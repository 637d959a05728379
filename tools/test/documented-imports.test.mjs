import { readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { publishedEntries } from '../api/entries.mjs';
import { exportedNames } from '../api/trim-report.mjs';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const NOT_OURS = new Set(['node_modules', 'dist', '.git', '.nx', '.next', 'test-results', 'CHANGELOG.md']);
const TEXTS = /\.(?:md|template)$|\/packages\/[^/]+\/src\/.*\.tsx?$/;

/** `import { … } from`, also in JSDoc, and `const { … } = await import(…)` or `require(…)`. */
const IMPORTS = [
  /\b(?:import|export)\s+(?:type\s+)?\{([^}]*)\}\s*from\s*['"](@crowdsec-sdk\/[^'"]+)['"]/g,
  /\bconst\s+\{([^}]*)\}\s*=\s*(?:await\s+import|require)\(\s*['"](@crowdsec-sdk\/[^'"]+)['"]\s*\)/g,
];

/** Each entry of our packages, and the names that its API report lists. */
const entries = new Map(
  publishedEntries().map(({ specifier, folder, name }) => [
    specifier,
    exportedNames(readFileSync(join(folder, 'api', `${name}.api.md`), 'utf8')),
  ]),
);

/** Packages that are not published have no reports. */
const unpublished = new Set(
  readdirSync(join(ROOT, 'packages'))
    .map((name) => JSON.parse(readFileSync(join(ROOT, 'packages', name, 'package.json'), 'utf8')))
    .flatMap((manifest) => (manifest.private ? [manifest.name] : [])),
);

/**
 * Markdown and templates, and the sources of packages for the sake of their comments: what else is code, the compiler checks.
 *
 * @param {string} folder
 * @returns {string[]}
 */
function textsBelow(folder) {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name);
    if (NOT_OURS.has(entry.name)) return [];
    return entry.isDirectory() ? textsBelow(path) : TEXTS.test(path) ? [path] : [];
  });
}

/**
 * What a text imports of our packages and nobody exports.
 *
 * @param {string} text
 */
function unknownImports(text) {
  return IMPORTS.flatMap((pattern) => [...text.matchAll(pattern)]).flatMap(([, list, specifier]) => {
    const names = list
      .replaceAll(/^\s*\*/gm, '')
      .split(',')
      .map((name) =>
        name
          .trim()
          .replace(/^type /, '')
          .split(/ as |:/)[0]
          .trim(),
      );
    const known = entries.get(specifier);
    if (known === undefined) {
      const isUnchecked = unpublished.has(specifier) || specifier.includes('<%');
      return isUnchecked ? [] : [`${specifier}: no entry`];
    }
    return names.filter((name) => name !== '' && !known.has(name)).map((name) => `${specifier}: ${name}`);
  });
}

describe('imports in documentation, templates and comments', () => {
  it('name entries that our packages have, and names that these export', () => {
    const texts = textsBelow(ROOT).filter((path) => path !== fileURLToPath(import.meta.url));
    const wrong = texts.flatMap((path) =>
      unknownImports(readFileSync(path, 'utf8')).map((unknown) => `${relative(ROOT, path)}: ${unknown}`),
    );
    expect(texts.filter((path) => path.endsWith('.md')).length).toBeGreaterThan(40);
    expect(wrong).toEqual([]);
  });

  it.each([
    ["import { createCrowdsec, nodeFacts } from '@crowdsec-sdk/core';", ['@crowdsec-sdk/core: nodeFacts']],
    [
      "import type {\n  Extension,\n  Crowdsec as Agent,\n} from '@crowdsec-sdk/core';",
      ['@crowdsec-sdk/core: Extension'],
    ],
    ["import { openStore } from '@crowdsec-sdk/core/storage';", ['@crowdsec-sdk/core/storage: no entry']],
    ["const { start: s } = require('@crowdsec-sdk/core');", ['@crowdsec-sdk/core: start']],
    [" * @import { Lease,\n *   Leash } from '@crowdsec-sdk/core/store'", ['@crowdsec-sdk/core/store: Leash']],
  ])('are wrong: %s', (text, expected) => {
    expect(unknownImports(text)).toEqual(expected);
  });
});
