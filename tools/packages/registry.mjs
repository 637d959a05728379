import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { basename } from 'node:path';
import { portOf } from '../port-of.mjs';
import { runOrThrow } from './run.mjs';

/**
 * A registry on 127.0.0.1 that has nothing but packed packages of this repository.
 *
 * @typedef {object} LocalRegistry
 * @property {string} url with a trailing slash
 * @property {() => Promise<void>} stop
 */

/**
 * @typedef {{ name: string, version: string }} Manifest what package.json of a tarball says
 * @typedef {{ manifest: Manifest, path: string, content: Buffer }} Packed
 */

/**
 * Serves tarballs as the npm registry would, so that each package manager installs them as it will once they are published: by their
 * version ranges and with their peers checked, neither of which tarballs that are named in package.json are. It keeps nothing and takes nothing.
 *
 * @param {ReadonlyMap<string, string>} tarballs paths by the names of the packages, as `packPackages` gives them
 * @returns {Promise<LocalRegistry>}
 */
export async function startRegistry(tarballs) {
  const packed = await Promise.all([...tarballs.values()].map(read));
  const byName = new Map(packed.map((one) => [one.manifest.name, one]));
  const byPath = new Map(packed.map((one) => [one.path, one]));
  let url = '';
  const server = createServer((request, response) => {
    const path = decodeURIComponent(new URL(request.url ?? '/', url).pathname).slice(1);
    const tarball = byPath.get(path);
    const wanted = byName.get(path);
    response.setHeader('cache-control', 'no-store');
    if (tarball !== undefined) response.setHeader('content-type', 'application/octet-stream').end(tarball.content);
    else if (wanted !== undefined)
      response.setHeader('content-type', 'application/json').end(JSON.stringify(packument(wanted, url)));
    else response.writeHead(404, { 'content-type': 'application/json' }).end('{"error":"Not found"}');
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  url = `http://127.0.0.1:${portOf(server)}/`;
  return {
    url,
    async stop() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}

/**
 * @param {string} path
 * @returns {Promise<Packed>}
 */
async function read(path) {
  const { stdout } = await runOrThrow('tar', ['-xzOf', path, 'package/package.json'], { cwd: '/' });
  const content = await readFile(path);
  // Caches know tarballs by their address: one that differs has another.
  const hash = createHash('sha256').update(content).digest('hex').slice(0, 16);
  return { manifest: /** @type {Manifest} */ (JSON.parse(stdout)), path: `${hash}/${basename(path)}`, content };
}

/**
 * What a registry says of a package with one version.
 *
 * @param {Packed} packed
 * @param {string} registry
 */
function packument({ manifest, path, content }, registry) {
  const { name, version } = manifest;
  const dist = {
    tarball: `${registry}${path}`,
    shasum: createHash('sha1').update(content).digest('hex'),
    integrity: `sha512-${createHash('sha512').update(content).digest('base64')}`,
  };
  // Old enough for package managers that wait before they take what is new.
  const published = '2026-01-01T00:00:00.000Z';
  return {
    _id: name,
    name,
    'dist-tags': { latest: version },
    versions: { [version]: { ...manifest, _id: `${name}@${version}`, dist } },
    time: { created: published, modified: published, [version]: published },
  };
}
