/**
 * `node build-commonjs.mjs`, in the folder of a package whose `dist` holds its ES modules: writes `dist/cjs`, the same entries in CommonJS
 * for what cannot `require()` an ES module, such as Jest (docs/adr/0023-commonjs-for-what-cannot-require-es-modules.md). What is in `dist`
 * and has no source any more is removed before.
 */
import { rmSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import process from 'node:process';
import { rolldown } from 'rolldown';
import { copyDeclarations } from './commonjs/declarations.mjs';
import { isBundled } from './commonjs/esm-only.mjs';
import { removeStale } from './commonjs/stale-files.mjs';
import { licensesPlugin } from './licenses.mjs';
import { entryModules, readManifest } from './workspace.mjs';

const folder = process.cwd();
const dist = join(folder, 'dist');
const out = join(dist, 'cjs');
const manifest = readManifest('', folder);
const peers = Object.keys(manifest.peerDependencies ?? {});
const entries = entryModules(manifest).map((file) => relative(dist, join(folder, file)));

removeStale(folder);
rmSync(out, { recursive: true, force: true });
const build = await rolldown({
  input: Object.fromEntries(entries.map((file) => [file.replace(/\.js$/, ''), join(dist, file)])),
  platform: 'node',
  external: (id, importer) => !isBundled(id, importer ?? join(dist, 'index.js'), peers),
  logLevel: 'warn',
  plugins: [licensesPlugin()],
});
await build.write({
  dir: out,
  format: 'cjs',
  exports: 'named',
  entryFileNames: '[name].js',
  // The ES modules have the comments, and say the same.
  comments: { legal: true, annotation: true, jsdoc: false },
  chunkFileNames: 'shared/[name]-[hash].js',
  // Whether an optional package can be loaded by `require` is known; what Jest makes of `import()` needs a flag of Node.
  dynamicImportInCjs: process.argv.includes('--keep-import'),
});
copyDeclarations(
  dist,
  out,
  entries.map((file) => file.replace(/\.js$/, '.d.ts')),
);
writeFileSync(join(out, 'package.json'), '{ "type": "commonjs" }\n');
