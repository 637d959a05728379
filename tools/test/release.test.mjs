import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { tagProblems } from '../release/check-tag.mjs';
import { publishedPackages, workspacePackages } from '../packages/workspace.mjs';
import { trialRelease } from '../release/trial-release.mjs';

/** @import { Manifest } from '../packages/workspace.mjs' */

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'crowdsec-release-'));
afterAll(() => rmSync(folder, { recursive: true }));

/**
 * The ranges on packages of this repository.
 *
 * @param {Manifest} manifest
 */
function rangesOnOurs({ dependencies, devDependencies, peerDependencies }) {
  return Object.entries({ dependencies, devDependencies, peerDependencies }).flatMap(([kind, entries = {}]) =>
    Object.entries(entries)
      .filter(([name]) => name.startsWith('@crowdsec-sdk/'))
      .map(([name, range]) => ({ kind, name, range })),
  );
}

describe('a release of a breaking change before 1.0', () => {
  const before = workspacePackages(ROOT);
  const version = before[0]?.manifest.version ?? '';
  const next = version.replace(/^0\.(\d+)\..*$/, (_, minor) => `0.${Number(minor) + 1}.0`);
  /** @type {ReturnType<typeof trialRelease>} */
  let trial;
  beforeAll(() => {
    trial = trialRelease(ROOT, folder, { bump: 'major', text: 'The option `speed` is called `pace`.' });
  }, 120_000);

  it('gives all packages and apps the same next minor version', () => {
    const versions = workspacePackages(folder).map(({ manifest }) => manifest.version);

    expect(versions).toHaveLength(before.length);
    expect(new Set(versions)).toEqual(new Set([next]));
    expect(next).not.toBe(version);
  });

  it('moves every range on a package of ours to a caret range of the new version', () => {
    for (const { folder: name, manifest } of before) {
      const after = JSON.parse(readFileSync(join(folder, name, 'package.json'), 'utf8'));
      const expected = rangesOnOurs(manifest).map((one) => ({ ...one, range: `^${next}` }));

      expect(rangesOnOurs(after), name).toEqual(expected);
    }
  });

  it('puts the text of the version plan at the top of the changelog, and keeps what was there', () => {
    const changelog = readFileSync(join(folder, 'CHANGELOG.md'), 'utf8');

    expect(changelog.startsWith(`## ${next} (`)).toBe(true);
    expect(changelog).toContain('- The option `speed` is called `pace`.');
    expect(changelog.endsWith(readFileSync(join(ROOT, 'CHANGELOG.md'), 'utf8'))).toBe(true);
  });

  it('commits manifests, lockfile and changelog, removes the plan, and tags the commit', () => {
    const changed = trial.git('show', '--name-only', '--format=%s', 'HEAD').trim().split('\n');

    expect(changed[0]).toBe(`Release ${next}`);
    expect(changed).toEqual(
      expect.arrayContaining(['.nx/version-plans/trial.md', 'CHANGELOG.md', 'package-lock.json']),
    );
    expect(trial.git('status', '--porcelain')).toBe('');
    expect(trial.git('tag', '--points-at', 'HEAD').trim()).toBe(`v${next}`);
  });

  it('may be published under its tag, and under no other', () => {
    expect(tagProblems(`v${next}`, folder)).toEqual([]);
    expect(tagProblems('v99.0.0', folder)).toContain('CHANGELOG.md has no section "## 99.0.0".');
  });
});

describe('the check of a tag', () => {
  it.each(['', 'main', '1.2.3', 'v1.2', 'v1.2.3 '])('refuses "%s", which is no version', (tag) => {
    expect(tagProblems(tag, ROOT)).toEqual([expect.stringContaining('must look like v1.2.3')]);
  });

  it('refuses a package of another version, and a section that says unreleased', () => {
    const root = join(folder, 'unreleased');
    for (const group of ['packages/some', 'apps']) mkdirSync(join(root, group), { recursive: true });
    writeFileSync(join(root, 'packages/some/package.json'), JSON.stringify({ name: 'some', version: '1.2.2' }));
    writeFileSync(join(root, 'CHANGELOG.md'), '## 1.2.3 (Unreleased)\n');

    expect(tagProblems('v1.2.3', root)).toEqual([
      'packages/some/package.json has the version 1.2.2, not 1.2.3.',
      'CHANGELOG.md calls 1.2.3 unreleased: write the date in its heading.',
    ]);
  });
});

describe('published packages', () => {
  const published = publishedPackages(ROOT).map(({ manifest }) => manifest);
  const names = new Set(published.map(({ name }) => name));

  it('need none that is not published', () => {
    const needed = published.flatMap(({ dependencies = {}, peerDependencies = {} }) => [
      ...Object.keys(dependencies),
      ...Object.keys(peerDependencies),
    ]);

    expect(needed.filter((name) => name.startsWith('@crowdsec-sdk/') && !names.has(name))).toEqual([]);
  });
});
