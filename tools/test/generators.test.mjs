import { execFile } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { flushChanges, FsTree } from 'nx/src/generators/tree.js';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { adapter, extension } from '../generators/generate.mjs';
import { outdatedFiles } from '../packages/metadata.mjs';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
/** The environment without what this run of Vitest has put there. */
const env = Object.fromEntries(Object.entries(process.env).filter(([name]) => !/^VITEST|^TEST_KIND/.test(name)));
/** Runs a tool of this workspace; fails with all that it printed. */
const run = (/** @type {string[]} */ [tool = '', ...args], /** @type {{ cwd: string }} */ { cwd }) =>
  promisify(execFile)(join(ROOT, 'node_modules/.bin', tool), args, { cwd, env }).catch((error) => {
    throw new Error(`${error.message}\n${error.stdout}`);
  });

/** A workspace beside this one, where imports find the same packages. */
let workspace = '';

beforeAll(() => {
  const results = join(ROOT, 'tools/test-results');
  mkdirSync(results, { recursive: true });
  workspace = mkdtempSync(join(results, 'generated-'));
  for (const file of [
    'tsconfig.base.json',
    'vitest.shared.mjs',
    'vitest.shared.d.mts',
    '.oxfmtrc.json',
    'packages/core/package.json',
    'package.json',
    'LICENSE',
  ])
    cpSync(join(ROOT, file), join(workspace, file));
});

afterAll(() => rmSync(workspace, { recursive: true }));

describe.each([
  ['adapter', adapter, 'type:adapter'],
  ['extension', extension, 'type:extension'],
])('nx g %s', (kind, generator, tag) => {
  it('writes a package that compiles and passes its tests', { timeout: 120_000 }, async () => {
    const tree = new FsTree(workspace, false);
    await generator(tree, { name: `some-${kind}` });
    flushChanges(workspace, tree.listChanges());
    const cwd = join(workspace, 'packages', `some-${kind}`);

    expect(JSON.parse(tree.read(`packages/some-${kind}/package.json`, 'utf8') ?? '')).toMatchObject({
      name: `@crowdsec-sdk/some-${kind}`,
      nx: { tags: [tag] },
    });
    expect(outdatedFiles(workspace).filter(({ file }) => file.includes(`some-${kind}`))).toEqual([]);
    await run(['tsc', '-p', 'tsconfig.json'], { cwd });
    await run(['vitest', 'run'], { cwd });
    await run(['tsc', '-p', 'tsconfig.build.json'], { cwd });
  });

  it.each(['ab', 'a-name-that-is-as-long-as-they-get'])('formats it, named %s', async (name) => {
    const tree = new FsTree(workspace, false);
    await generator(tree, { name: `${name}-${kind}` });
    flushChanges(workspace, tree.listChanges());
    // One by one, for the workspace lies in a folder that git ignores.
    const written = tree.listChanges().map(({ path }) => path);
    await run(['oxfmt', '--check', '--config', '.oxfmtrc.json', ...written], { cwd: workspace });
  });

  it.each(['Capital', '../up', '1st', 'a b', ''])('refuses the name "%s"', async (name) => {
    await expect(generator(new FsTree(workspace, false), { name })).rejects.toThrow('no name of a package');
  });

  it('overwrites nothing', async () => {
    await expect(generator(new FsTree(workspace, false), { name: 'core' })).rejects.toThrow('packages/core already');
  });
});
