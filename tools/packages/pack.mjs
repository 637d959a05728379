import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { build as buildProjects } from '../build.mjs';
import { runOrThrow } from './run.mjs';
import { publishedPackages, ROOT } from './workspace.mjs';

/**
 * Builds all published packages and packs each one as `npm publish` would.
 *
 * @param {string} folder where the tarballs go; it is made if need be
 * @param {{ build?: boolean }} [options] `build: false` packs what is built already
 * @returns {Promise<Map<string, string>>} the absolute path of the tarball by the name of the package
 * @throws an `Error` when the build fails, which has told its output, or `npm pack`, with its output
 */
export async function packPackages(folder, { build = true } = {}) {
  const packages = publishedPackages().map(({ manifest }) => manifest);
  const projects = packages.map(({ name }) => name);
  if (build && !(await buildProjects({ what: 'the packages', projects })))
    throw new Error('The packages could not be built.');
  await mkdir(folder, { recursive: true });
  const workspaces = projects.flatMap((name) => ['--workspace', name]);
  await runOrThrow('npm', ['pack', '--silent', '--pack-destination', folder, ...workspaces], {
    cwd: ROOT,
    timeoutMs: 300_000,
  });
  return new Map(packages.map(({ name, version }) => [name, join(folder, tarballName(name, version))]));
}

/**
 * As npm names a tarball: `@scope/name` at 1.2.3 is `scope-name-1.2.3.tgz`.
 *
 * @param {string} name
 * @param {string} version
 */
function tarballName(name, version) {
  return `${name.replace('@', '').replace('/', '-')}-${version}.tgz`;
}
