import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { publishedManifest } from './published-manifest.mjs';
import { withAbsoluteLinks } from './readme-links.mjs';
import { publishedPackages, readManifest, ROOT } from './workspace.mjs';

/**
 * `node tools/packages/metadata.mjs [--write]`: what all published packages have in common, written from the root's `package.json` and
 * `LICENSE`, or checked against them.
 */

/**
 * The files of published packages that are not as they must be, with the text that each should have.
 *
 * @param {string} [root]
 * @returns {{ file: string; expected: string }[]}
 */
export function outdatedFiles(root = ROOT) {
  const of = readManifest('', root);
  const license = readFileSync(join(root, 'LICENSE'), 'utf8');
  const files = publishedPackages(root).flatMap(({ folder, manifest }) => [
    {
      file: `${folder}/package.json`,
      expected: `${JSON.stringify(publishedManifest(manifest, folder, of), null, 2)}\n`,
    },
    { file: `${folder}/LICENSE`, expected: license },
    { file: `${folder}/README.md`, expected: withAbsoluteLinks(textOf(join(root, folder, 'README.md')), folder, of) },
  ]);
  return files.filter(({ file, expected }) => textOf(join(root, file)) !== expected);
}

/** @param {string} file */
function textOf(file) {
  return existsSync(file) ? readFileSync(file, 'utf8') : '';
}

if (process.argv[1] === import.meta.filename) {
  const outdated = outdatedFiles();
  if (process.argv.includes('--write')) {
    for (const { file, expected } of outdated) writeFileSync(join(ROOT, file), expected);
    console.log(outdated.map(({ file }) => `Wrote ${file}`).join('\n') || 'All packages were up to date.');
  } else if (outdated.length > 0) {
    console.error(
      `Run \`npm run packages:write\`: these are not as they are published:\n${outdated.map(({ file }) => file).join('\n')}`,
    );
    process.exitCode = 1;
  }
}
