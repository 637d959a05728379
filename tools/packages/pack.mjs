import { readFileSync, readdirSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { runOrThrow } from './run.mjs';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));

/**
 * A package of this repository that is published.
 *
 * @typedef {{ name: string, version: string, folder: string }} PublishedPackage
 */

/**
 * The packages that are published: those of `packages/` that are not private.
 *
 * @returns {PublishedPackage[]} `folder` is absolute
 */
function publishedPackages() {
  return readdirSync(join(ROOT, 'packages')).flatMap((name) => {
    const folder = join(ROOT, 'packages', name);
    /** @type {{ name: string, version: string, private?: boolean }} */
    const manifest = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
    return manifest.private === true ? [] : [{ name: manifest.name, version: manifest.version, folder }];
  });
}

/**
 * Builds all published packages and packs each one as `npm publish` would.
 *
 * @param {string} folder where the tarballs go; it is made if need be
 * @param {{ build?: boolean }} [options] `build: false` packs what is built already
 * @returns {Promise<Map<string, string>>} the absolute path of the tarball by the name of the package
 * @throws an `Error` with the output of the build or of `npm pack` when it fails
 */
export async function packPackages(folder, { build = true } = {}) {
  const packages = publishedPackages();
  if (build) {
    const names = packages.map(({ name }) => name).join(',');
    await runOrThrow('npx', ['nx', 'run-many', '-t', 'build', '-p', names], {
      cwd: ROOT,
      env: { NX_DAEMON: 'false' },
      timeoutMs: 600_000,
    });
  }
  await mkdir(folder, { recursive: true });
  const workspaces = packages.flatMap(({ name }) => ['--workspace', name]);
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
