import { generateFiles, names, readJson, updateJson } from '@nx/devkit';
import { join } from 'node:path';
import { format } from 'oxfmt';
import { publishedManifest } from '../packages/published-manifest.mjs';
import { withAbsoluteLinks } from '../packages/readme-links.mjs';

/** @import { Tree } from '@nx/devkit' */

const FILES = join(import.meta.dirname, 'files');
const NAME = /^[a-z][a-z0-9]*(-[a-z0-9]+)*$/;

/**
 * `nx g adapter NAME`: a package that puts CrowdSec into a web framework on `node:http`. It builds and passes the conformance suite;
 * replace `Handler` by the framework's own kind of middleware, and the application in `test/app.ts` by one of the framework.
 *
 * @param {Tree} tree
 * @param {{ name: string }} options
 */
export function adapter(tree, { name }) {
  return generate(tree, 'adapter', name);
}

/**
 * `nx g extension NAME`: a package with an extension that has one detector, and the test of it.
 *
 * @param {Tree} tree
 * @param {{ name: string }} options
 */
export function extension(tree, { name }) {
  return generate(tree, 'extension', name);
}

/**
 * @param {Tree} tree
 * @param {'adapter' | 'extension'} kind
 * @param {string} name
 */
async function generate(tree, kind, name) {
  const folder = `packages/${name}`;
  if (!NAME.test(name)) throw new Error(`${name} is no name of a package: use lower case, digits and hyphens.`);
  if (tree.exists(folder)) throw new Error(`There is a ${folder} already: choose another name, or remove it.`);
  const { version } = readJson(tree, 'packages/core/package.json');
  const values = { ...names(name), kind, version, type: `type:${kind}` };
  generateFiles(tree, join(FILES, 'package'), folder, values);
  generateFiles(tree, join(FILES, kind), folder, values);
  publish(tree, folder);
  await formatNewFiles(tree);
  return () => console.log(`Run npm install, so that ${folder} is part of the workspace.`);
}

/**
 * Gives a package what all published ones have.
 *
 * @param {Tree} tree
 * @param {string} folder
 */
function publish(tree, folder) {
  const root = readJson(tree, 'package.json');
  updateJson(tree, `${folder}/package.json`, (manifest) => publishedManifest(manifest, folder, root));
  tree.write(`${folder}/LICENSE`, tree.read('LICENSE') ?? '');
  tree.write(`${folder}/README.md`, withAbsoluteLinks(tree.read(`${folder}/README.md`, 'utf8') ?? '', folder, root));
}

/**
 * Formats what is new, as `npm run format` does: names of another length break lines elsewhere.
 *
 * @param {Tree} tree
 */
async function formatNewFiles(tree) {
  const { $schema: _, ignorePatterns: __, ...options } = readJson(tree, '.oxfmtrc.json');
  for (const { path, content } of tree.listChanges()) {
    if (content === null || !/\.(ts|mjs|json)$/.test(path)) continue;
    const { code, errors } = await format(path, content.toString(), options);
    if (errors.length > 0) throw new Error(`${path}: ${errors[0]?.message}`);
    tree.write(path, code);
  }
}
