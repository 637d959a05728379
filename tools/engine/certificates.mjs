import { execFile, spawnSync } from 'node:child_process';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';

/** @import { Certificates, KeyPair } from './types.d.mts' */

const run = promisify(execFile);
const OPENSSL_MS = 30_000;

/** The organisational units that {@link certificates} makes clients for, and that an engine with TLS lets in. */
export const AGENTS_OU = 'agents';
export const BOUNCERS_OU = 'bouncers';

/** Whether openssl is on this machine. */
export function canMakeCertificates() {
  return spawnSync('openssl', ['version'], { stdio: 'ignore' }).status === 0;
}

/**
 * An authority, the certificate of a server at 127.0.0.1, and those of clients, made by openssl in a folder.
 *
 * @param {string} folder
 * @returns {Promise<Certificates>}
 */
export async function certificates(folder) {
  const at = (/** @type {string} */ name) => join(folder, name);
  const openssl = (/** @type {string[]} */ ...args) => run('openssl', args, { cwd: folder, timeout: OPENSSL_MS });
  const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes'];
  await openssl('req', '-x509', ...key, '-days', '2', '-subj', '/CN=authority', '-keyout', 'ca.key', '-out', 'ca.pem');
  /**
   * @param {string} name
   * @param {string} unit
   * @returns {Promise<KeyPair>}
   */
  const make = async (name, unit) => {
    const [keyFile, request, cert] = [`${name}.key`, `${name}.csr`, `${name}.pem`];
    await openssl('req', ...key, '-subj', `/OU=${unit}/CN=${name}`, '-keyout', keyFile, '-out', request);
    await writeFile(at(`${name}.ext`), 'subjectAltName=IP:127.0.0.1\nextendedKeyUsage=serverAuth,clientAuth\n');
    const signed = ['-CA', 'ca.pem', '-CAkey', 'ca.key', '-CAcreateserial', '-extfile', `${name}.ext`];
    await openssl('x509', '-req', '-days', '2', '-in', request, '-out', cert, ...signed);
    return { cert: await readFile(at(cert), 'utf8'), key: await readFile(at(keyFile), 'utf8') };
  };
  // One after the other: they share the authority's file of serial numbers.
  await make('server', 'servers');
  return {
    ca: await readFile(at('ca.pem'), 'utf8'),
    machine: await make('shop-machine', AGENTS_OU),
    bouncer: await make('shop-bouncer', BOUNCERS_OU),
  };
}
