import { expect, it } from 'vitest';
import { complaintsAboutFiles } from '../packages/packed-files.mjs';

const MANIFEST = { name: 'x', version: '1.0.0', bin: { x: './dist/cli.js' } };
const GOOD = [
  'package.json',
  'README.md',
  'LICENSE',
  'dist/index.js',
  'dist/index.d.ts',
  'dist/testing/index.js',
  'dist/cli.js',
];
const read = (/** @type {string} */ file) => (file === 'dist/cli.js' ? '#!/usr/bin/env node\n' : 'export {};\n');

it('finds nothing wrong with what is to be published', () => {
  expect(complaintsAboutFiles(GOOD, MANIFEST, read)).toEqual([]);
});

it.each([
  'dist/index.test.js',
  'dist/tsconfig.tsbuildinfo',
  'dist/index.js.map',
  'src/index.ts',
  'test/app.js',
  'dist/left.ts',
])('has %s left out', (file) => {
  expect(complaintsAboutFiles([...GOOD, file], MANIFEST, read)).toEqual([`${file} is not to be published`]);
});

it.each(['LICENSE', 'README.md', 'package.json'])('misses %s', (file) => {
  const files = GOOD.filter((name) => name !== file);
  expect(complaintsAboutFiles(files, MANIFEST, read)).toEqual([`${file} is missing`]);
});

it('wants commands that are there and can be run, and no names of source maps', () => {
  const withoutCommand = GOOD.filter((name) => name !== 'dist/cli.js');
  expect(complaintsAboutFiles(withoutCommand, MANIFEST, read)).toEqual(['dist/cli.js, the command, is missing']);
  const mapped = complaintsAboutFiles(GOOD, MANIFEST, () => '//# sourceMappingURL=x.js.map');
  expect(mapped).toHaveLength(4);
  expect(mapped.at(-1)).toBe('dist/cli.js is a command without a first line that names Node');
});
