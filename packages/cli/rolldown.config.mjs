import { defineConfig } from 'rolldown';
import { licensesPlugin } from '../../tools/packages/licenses.mjs';

/**
 * The command as few files: from the hundreds of modules of its packages, Node takes twice as long to start as the command may take to
 * answer (docs/adr/0021-the-command-is-a-bundle.md). What is heavy and seldom needed stays a dependency.
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
  plugins: [licensesPlugin()],
});
