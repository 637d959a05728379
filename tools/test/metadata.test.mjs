import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { outdatedFiles } from '../packages/metadata.mjs';
import { publishedManifest, repositoryPage } from '../packages/published-manifest.mjs';
import { linkedPaths, withAbsoluteLinks } from '../packages/readme-links.mjs';
import { publishedPackages, readManifest, ROOT } from '../packages/workspace.mjs';

const OWN = readManifest('');
const PAGE = repositoryPage(OWN);
const PACKAGES = publishedPackages();

describe('the published packages', () => {
  it('have the metadata, licences and links that `npm run packages:write` writes', () => {
    expect(outdatedFiles().map(({ file }) => file)).toEqual([]);
  });

  it('are all packages but those that nobody installs', () => {
    const names = PACKAGES.map(({ manifest }) => manifest.name);
    expect(names).toContain('@crowdsec-sdk/core');
    expect(names).not.toContain('@crowdsec-sdk/example-extension');
    const others = [...readdirSync(join(ROOT, 'apps')).map((name) => `apps/${name}`), 'tools/generators', ''];
    expect(others.filter((folder) => readManifest(folder).private !== true)).toEqual([]);
  });

  it.each(PACKAGES)('$folder says what it is, and what is in it', ({ manifest }) => {
    expect(manifest.keywords?.length).toBeGreaterThanOrEqual(4);
    expect(manifest['description']).toMatch(/CrowdSec/);
    expect(manifest.files).toEqual(expect.arrayContaining(['dist']));
  });

  it.each(PACKAGES)(
    '$folder takes packages of ours by a caret, and core as a peer where an agent is passed to it',
    ({ manifest }) => {
      const { dependencies = {}, peerDependencies = {}, devDependencies = {} } = manifest;
      const ours = [dependencies, peerDependencies, devDependencies].flatMap(Object.entries);
      const pinned = ours.filter(([name, range]) => name.startsWith('@crowdsec-sdk/') && !range.startsWith('^'));
      expect(pinned).toEqual([]);
      // The command is a bundle with a core of its own, and works where no application is.
      if (manifest.name !== '@crowdsec-sdk/cli') expect(dependencies).not.toHaveProperty('@crowdsec-sdk/core');
    },
  );

  it.each(PACKAGES)('$folder links to what is there', ({ folder }) => {
    const readme = readFileSync(join(ROOT, folder, 'README.md'), 'utf8');
    expect(linkedPaths(readme, OWN).filter((path) => !existsSync(join(ROOT, path)))).toEqual([]);
  });

  it("name the repository as the root's package.json does, wherever they do", () => {
    const anyOwner = `https://github\\.com/[^/ ]+/${PAGE.split('/').at(-1)}\\b`;
    const found = execFileSync('git', ['grep', '-ohE', anyOwner, '--', ':!tools/test'], {
      cwd: ROOT,
      encoding: 'utf8',
    });
    expect([...new Set(found.trim().split('\n'))]).toEqual([PAGE]);
  });
});

describe('publishedManifest', () => {
  const root = { ...OWN, repository: { type: 'git', url: 'git+https://github.com/somebody/crowdsec-sdk.git' } };

  it('takes the repository from the root, and says where in it the package is', () => {
    expect(publishedManifest({ name: 'x', version: '1.0.0' }, 'packages/x', root)).toMatchObject({
      repository: { ...root.repository, directory: 'packages/x' },
      homepage: 'https://github.com/somebody/crowdsec-sdk/tree/main/packages/x#readme',
      bugs: { url: 'https://github.com/somebody/crowdsec-sdk/issues' },
      publishConfig: { access: 'public' },
    });
  });

  it('gives resolvers that do not read `exports` the same entries', () => {
    const exports = {
      '.': { types: './dist/index.d.ts', default: './dist/index.js' },
      './more': { types: './dist/more/index.d.ts', default: './dist/more/index.js' },
      './package.json': './package.json',
    };
    expect(publishedManifest({ name: 'x', version: '1.0.0', exports }, 'packages/x', root)).toMatchObject({
      main: './dist/index.js',
      types: './dist/index.d.ts',
      typesVersions: { '*': { more: ['./dist/more/index.d.ts'] } },
    });
    const scripts = { build: 'tsc && node build-commonjs.mjs' };
    expect(publishedManifest({ name: 'x', version: '1.0.0', exports, scripts }, 'packages/x', root)).toMatchObject({
      main: './dist/cjs/index.js',
      types: './dist/cjs/index.d.ts',
      typesVersions: { '*': { more: ['./dist/cjs/more/index.d.ts'] } },
    });
  });
});

describe('publishedManifest, of an entry', () => {
  const esm = { types: './dist/a/b.d.ts', default: './dist/a/b.js' };
  const expected = {
    'module-sync': esm,
    module: esm,
    bun: esm,
    import: esm,
    require: { types: './dist/cjs/a/b.d.ts', default: './dist/cjs/a/b.js' },
    default: './dist/a/b.js',
  };

  it.each([
    ['the module alone', './dist/a/b.js'],
    ['its types and the module', esm],
    ['what it wrote before', expected],
  ])('writes all conditions from %s, in the order in which they are tried', (_, target) => {
    const exports = { './b': target, './package.json': './package.json' };
    const manifest = { name: 'x', version: '1.0.0', exports, scripts: { build: 'tsc && node build-commonjs.mjs' } };
    const written = publishedManifest(manifest, 'packages/x', OWN).exports;
    expect(written).toEqual({ './b': expected, './package.json': './package.json' });
    expect(Object.keys(Object(written?.['./b']))).toEqual(Object.keys(expected));
  });
});

describe('withAbsoluteLinks', () => {
  it.each([
    ['[a](../../docs/a.md#b)', `[a](${PAGE}/blob/main/docs/a.md#b)`],
    ['[a](../core)', `[a](${PAGE}/tree/main/packages/core)`],
    ['[a](src/b.ts)', `[a](${PAGE}/blob/main/packages/x/src/b.ts)`],
    ['![a](../../docs/a.svg)', `![a](${PAGE}/raw/main/docs/a.svg)`],
    ['[![a](../../docs/a.svg)](../../README.md)', `[![a](${PAGE}/raw/main/docs/a.svg)](${PAGE}/blob/main/README.md)`],
    ['[a]: ./LICENSE "b"', `[a]: ${PAGE}/blob/main/packages/x/LICENSE "b"`],
    ['<img src="../../docs/a.png">', `<img src="${PAGE}/raw/main/docs/a.png">`],
    ['[a](https://github.com/elsewhere/crowdsec-sdk/blob/main/docs/a.md)', `[a](${PAGE}/blob/main/docs/a.md)`],
    ['```ts\na[b](c);\n```\n`d[e](f)`', '```ts\na[b](c);\n```\n`d[e](f)`'],
    [
      '[a](#b) [c](https://example.org/d) [e](mailto:f@example.org)',
      '[a](#b) [c](https://example.org/d) [e](mailto:f@example.org)',
    ],
  ])('makes %s %s', (before, after) => {
    expect(withAbsoluteLinks(before, 'packages/x', OWN)).toBe(after);
  });
});
