/**
 * `npm run packages:check`: builds and packs all published packages, and checks what npm would get: what is in each, by `publint` whether
 * resolvers find its entries, and by Are The Types Wrong whether TypeScript does, in each of its ways. With `-- FOLDER` it takes the tarballs that
 * are there, with `-- --built` it packs what is built.
 */
import { readFile } from 'node:fs/promises';
import { readdirSync } from 'node:fs';
import { join, resolve } from 'node:path';
import process from 'node:process';
import { checkPackage, createPackageFromTarballData } from '@arethetypeswrong/core';
import { publint } from 'publint';
import { formatMessage } from 'publint/utils';
import { packPackages } from './pack.mjs';
import { complaintsAboutFiles } from './packed-files.mjs';
import { exitOnSignals, temporaryFolder } from './temporary-folder.mjs';
import { hasCommonjs } from './workspace.mjs';

/** @import { ProblemKind } from '@arethetypeswrong/core' */
/** @import { Manifest } from './workspace.mjs' */

/**
 * What is no fault of a package without a CommonJS build: that `require()` finds an ES module, which each Node of our `engines` loads, and that
 * resolvers which do not read `exports` find the main entry alone. `@crowdsec-sdk/conformance` is one: it is for Vitest, which cannot be required.
 *
 * @type {readonly ProblemKind[]}
 */
const OF_ES_MODULES = ['CJSResolvesToESM', 'NoResolution'];

const given = process.argv[2];
const isFolder = given !== undefined && given !== '--built';
exitOnSignals();
const folder = isFolder ? resolve(given) : temporaryFolder('crowdsec-packed-');
if (!isFolder) await packPackages(folder, { build: given === undefined });
const tarballs = readdirSync(folder)
  .filter((file) => file.endsWith('.tgz'))
  .map((file) => join(folder, file));
if (tarballs.length === 0) throw new Error(`There are no tarballs in ${folder}.`);
for (const tarball of tarballs) {
  const { name, complaints } = await check(await readFile(tarball));
  console.log(
    complaints.length === 0 ? `✓ ${name}` : `✗ ${name}\n${complaints.map((line) => `    ${line}`).join('\n')}`,
  );
  if (complaints.length > 0) process.exitCode = 1;
}

/** @param {Buffer} tarball */
async function check(tarball) {
  const data = Uint8Array.from(tarball);
  const packed = createPackageFromTarballData(data);
  const root = `/node_modules/${packed.packageName}`;
  /** @type {Manifest} */
  const manifest = JSON.parse(packed.readFile(`${root}/package.json`));
  const files = packed.listFiles().map((file) => file.slice(root.length + 1));
  const lint = await publint({ pack: { tarball: data.buffer }, strict: true });
  const types = await checkPackage(packed);
  const problems = types.types === false ? [{ kind: 'NoTypes' }] : types.problems;
  const accepted = /** @type {readonly string[]} */ (hasCommonjs(manifest) ? [] : OF_ES_MODULES);
  return {
    name: manifest.name,
    complaints: [
      ...complaintsAboutFiles(files, manifest, (file) => packed.readFile(`${root}/${file}`)),
      ...lint.messages.map((message) => `publint: ${formatMessage(message, manifest, { color: false })}`),
      ...problems.filter(({ kind }) => !accepted.includes(kind)).map((problem) => `types: ${JSON.stringify(problem)}`),
    ],
  };
}
