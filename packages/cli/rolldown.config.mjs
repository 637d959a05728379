import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { defineConfig } from 'rolldown';

/**
 * The command as few files: from the hundreds of modules of its packages, Node takes twice as long to start as the command may take to
 * answer (docs/adr/0019). What is heavy and seldom needed stays a dependency.
 */
export default defineConfig({
  input: { cli: 'dist/cli.js' },
  platform: 'node',
  external: [
    // Of core, the entry of tools is part of the bundle; the others load much, and only some commands need them.
    /^@crowdsec-sdk\/(?:core(?!\/installation)|scenarios|sandbox)/,
    ...['undici', 'jiti', 'yaml', 'csv-parse/sync', 'cli-table3'],
  ],
  // CommonJS within the bundle, such as write-file-atomic, asks for it.
  transform: { define: { __filename: 'import.meta.filename', __dirname: 'import.meta.dirname' } },
  // Half the text is read in less time.
  output: { minify: true, dir: 'dist/command', cleanDir: true, chunkFileNames: '[name]-[hash].js' },
  logLevel: 'warn',
  plugins: [{ name: 'licenses', generateBundle: emitLicenses }],
});

/**
 * Writes the licences of the packages that the bundle holds beside it.
 *
 * @this {import('rolldown').PluginContext}
 * @param {unknown} _options
 * @param {import('rolldown').OutputBundle} bundle
 */
function emitLicenses(_options, bundle) {
  const ids = Object.values(bundle).flatMap((output) => (output.type === 'chunk' ? output.moduleIds : []));
  const folders = new Set(ids.flatMap((id) => /^.*\/node_modules\/(?:@[^/]+\/)?[^/]+/.exec(id)?.[0] ?? []));
  const texts = [...folders].map(licenseOf);
  this.emitFile({ type: 'asset', fileName: 'THIRD-PARTY-LICENSES.txt', source: texts.sort().join('\n\n---\n\n') });
}

/** @param {string} folder */
function licenseOf(folder) {
  const { name, version, license } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
  const file = readdirSync(folder).find((entry) => /^licen[cs]e/i.test(entry));
  const text = file === undefined ? `Licence: ${license}` : readFileSync(join(folder, file), 'utf8').trim();
  return `${name} ${version}\n\n${text}`;
}
