/** @import { Manifest } from './workspace.mjs' */

/** What every tarball has. */
const NEEDED = ['package.json', 'README.md', 'LICENSE'];
/** What none has: tests, sources and what tools leave behind. */
const UNWANTED =
  /(?:\.test\.|\.tsbuildinfo$|\.map$|(?:^|\/)(?:src|test|test-results|node_modules)\/|(?<!\.d)\.[cm]?tsx?$)/;

/**
 * What is wrong with the files of a package, a line each.
 *
 * @param {readonly string[]} files paths in the package
 * @param {Manifest} manifest
 * @param {(file: string) => string} read
 */
export function complaintsAboutFiles(files, manifest, read) {
  const commands = Object.values(manifest.bin ?? {}).map((file) => file.replace(/^\.\//, ''));
  return [
    ...NEEDED.filter((file) => !files.includes(file)).map((file) => `${file} is missing`),
    ...files.filter((file) => UNWANTED.test(file)).map((file) => `${file} is not to be published`),
    ...files
      .filter((file) => file.endsWith('.js') && read(file).includes('//# sourceMappingURL'))
      .map((file) => `${file} names a source map, of which none is published`),
    ...commands.filter((file) => !files.includes(file)).map((file) => `${file}, the command, is missing`),
    ...commands
      .filter((file) => files.includes(file) && !read(file).startsWith('#!'))
      .map((file) => `${file} is a command without a first line that names Node`),
  ];
}
