import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { entryModules, publishedPackages, ROOT } from '../packages/workspace.mjs';

const PACKAGES = publishedPackages().filter(({ manifest }) => manifest.sideEffects === false);

it(
  'a package that says `sideEffects: false` changes nothing in the process when it is imported',
  { timeout: 120_000 },
  () => {
    const entries = PACKAGES.flatMap(({ folder, manifest }) =>
      entryModules(manifest).map((file) => join(ROOT, folder, file)),
    );
    const dists = PACKAGES.map(({ folder }) => join(ROOT, folder, 'dist'));
    expect(entries.length).toBeGreaterThanOrEqual(PACKAGES.length);
    const told = Object.entries(effectsOf(dists, entries)).map(([file, effects]) => [file, effects.filter(isNoticed)]);
    expect(told.filter(([, effects]) => effects.length > 0)).toEqual([]);
  },
);

/**
 * A value that copies of a module share by a symbol of ours is not missed where the import is dropped: whoever reads it makes it.
 *
 * @param {string} effect
 */
function isNoticed(effect) {
  return !effect.startsWith('globalThis[Symbol(@crowdsec-sdk/');
}

describe('import-effects.mjs', () => {
  let folder = '';
  beforeAll(() => void (folder = mkdtempSync(join(tmpdir(), 'effects-'))));
  afterAll(() => rmSync(folder, { recursive: true }));

  it.each([
    ['process.on("SIGTERM", () => {});', 'process.on(SIGTERM): 1'],
    ['globalThis[Symbol("registry")] = 1;', 'globalThis[Symbol(registry)]'],
    ['setInterval(() => {}, 1).refresh(); setTimeout(() => process.exit(), 1_000);', 'active: Timeout'],
    ['process.env.SET_BY_IMPORT = "1";', 'process.env.SET_BY_IMPORT=1'],
  ])('sees %s', (code, effect) => {
    const file = join(folder, 'module.mjs');
    writeFileSync(file, code);
    expect(effectsOf([], [file])[file]).toContain(effect);
  });
});

/**
 * @param {string[]} folders
 * @param {string[]} entries
 * @returns {Record<string, string[]>}
 */
function effectsOf(folders, entries) {
  const script = join(ROOT, 'tools/packages/import-effects.mjs');
  return JSON.parse(execFileSync(process.execPath, [script, ...folders, '--', ...entries], { encoding: 'utf8' }));
}
