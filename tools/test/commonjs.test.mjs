import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { isBundled } from '../packages/commonjs/esm-only.mjs';
import { entryModules, hasCommonjs, publishedPackages, ROOT } from '../packages/workspace.mjs';

const PACKAGES = publishedPackages().filter(({ manifest }) => hasCommonjs(manifest));
const ENTRIES = PACKAGES.flatMap(({ folder, manifest }) =>
  entryModules(manifest).map((file) => ({
    esm: join(ROOT, folder, file),
    cjs: join(ROOT, folder, file.replace('./dist/', './dist/cjs/')),
  })),
);
const NAMES = PACKAGES.flatMap(({ manifest }) =>
  Object.keys(manifest.exports ?? {})
    .filter((entry) => !entry.endsWith('.json'))
    .map((entry) => manifest.name + entry.slice(1)),
);

describe('the CommonJS build', () => {
  it('exports what the ES modules export', { timeout: 120_000 }, () => {
    const found = inNode(`for (const { esm, cjs } of ${JSON.stringify(ENTRIES)}) {
      const names = [Object.keys(await import(esm)), Object.keys(require(cjs))].map((keys) => keys.sort().join());
      if (names[0] !== names[1]) result.push({ cjs, names });
    }`);
    expect(ENTRIES.length).toBeGreaterThan(PACKAGES.length);
    expect(found).toEqual([]);
  });

  it('is not what Node takes, which has one copy for `import` and `require()`', { timeout: 120_000 }, () => {
    const found = inNode(`for (const name of ${JSON.stringify(NAMES)}) {
      if (require(name) !== (await import(name))) result.push(name);
    }`);
    expect(NAMES).toContain('@crowdsec-sdk/core/adapter');
    expect(found).toEqual([]);
  });

  it('has one copy of each module for all entries of a package', () => {
    const core = join(ROOT, 'packages/core/dist/cjs');
    const found = inNode(`const { CrowdsecError } = require(${JSON.stringify(`${core}/index.js`)});
      const { openStore } = require(${JSON.stringify(`${core}/entries/store.js`)});
      const error = await (async () => openStore({ store: 1, namespace: 'x', apiRoot: 'x' }))().catch((thrown) => thrown);
      result.push(error.code, error instanceof CrowdsecError);`);
    expect(found).toEqual(['CROWDSEC_OPTION_INVALID', true]);
  });

  it('knows the secrets that the ES modules know, where both are loaded', () => {
    const core = join(ROOT, 'packages/core/dist');
    const found = inNode(`const { knowSecret } = require(${JSON.stringify(`${core}/cjs/installation.js`)});
      const { redact } = await import(${JSON.stringify(`${core}/installation.js`)});
      knowSecret('correct-horse'); result.push(redact('say correct-horse'));`);
    expect(found).toEqual(['say [redacted]']);
  });

  it('requires no dependency that is an ES module only, and has the licences of what is in it', () => {
    const core = join(ROOT, 'packages/core/dist/cjs');
    expect(readFileSync(join(core, 'THIRD-PARTY-LICENSES.txt'), 'utf8')).toMatch(/^p-retry \d/m);
    for (const { folder, manifest } of PACKAGES) {
      const files = readdirSync(join(ROOT, folder, 'dist/cjs'), { recursive: true, encoding: 'utf8' });
      const peers = Object.keys(manifest.peerDependencies ?? {});
      for (const file of files.filter((name) => name.endsWith('.js'))) {
        const path = join(ROOT, folder, 'dist/cjs', file);
        const required = [...readFileSync(path, 'utf8').matchAll(/\brequire\("([^".][^"]*)"\)/g)].map(
          ([, id = '']) => id,
        );
        expect(required.filter((id) => isBundled(id, path, peers))).toEqual([]);
      }
    }
  });
});

/**
 * Runs statements that add to `result`.
 *
 * @param {string} code
 * @returns {unknown[]}
 */
function inNode(code) {
  const script = `import { createRequire } from 'node:module';
    const require = createRequire(${JSON.stringify(join(ROOT, 'tools/x.js'))});
    const result = [];
    ${code}
    console.log(JSON.stringify(result));`;
  const args = ['--no-warnings', '--input-type=module', '--eval', script];
  return JSON.parse(execFileSync(process.execPath, args, { cwd: join(ROOT, 'tools'), encoding: 'utf8' }));
}
