/**
 * `node tools/release/check-tag.mjs v0.1.0`, before anything is published: the tag is the version of every published package, and the
 * changelog says what is in it.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { publishedPackages } from '../packages/workspace.mjs';

/**
 * What speaks against publishing this tree under this tag.
 *
 * @param {string} tag
 * @param {string} root of the workspace
 * @returns {string[]} one sentence for each problem; empty when it may be published
 */
export function tagProblems(tag, root) {
  const version = /^v(\d+\.\d+\.\d+(?:-[0-9A-Za-z.-]+)?)$/.exec(tag)?.[1];
  if (version === undefined) return [`The tag "${tag}" is no version: it must look like v1.2.3.`];
  const others = publishedPackages(root)
    .filter(({ manifest }) => manifest.version !== version)
    .map(({ folder, manifest }) => `${folder}/package.json has the version ${manifest.version}, not ${version}.`);
  return [...others, ...changelogProblems(version, readFileSync(join(root, 'CHANGELOG.md'), 'utf8'))];
}

/**
 * @param {string} version
 * @param {string} changelog
 */
function changelogProblems(version, changelog) {
  const headings = changelog.split('\n').filter((line) => line.startsWith('## '));
  const heading = headings.find((line) => line.slice(3).split(' ')[0] === version);
  if (heading === undefined) return [`CHANGELOG.md has no section "## ${version}".`];
  if (/unreleased/i.test(heading)) return [`CHANGELOG.md calls ${version} unreleased: write the date in its heading.`];
  return [];
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const problems = tagProblems(process.argv[2] ?? '', fileURLToPath(new URL('../..', import.meta.url)));
  for (const problem of problems) console.error(problem);
  process.exit(problems.length > 0 ? 1 : 0);
}
