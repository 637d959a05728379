import { CrowdsecError } from '../errors.js';
import { importOptional } from '../import-optional.js';
import { isObject } from './keyv-like.js';
import type { OwnRedisClient } from './redis-client.js';

const PACKAGE = '@keyv/redis';

/** True for the URL of a Redis or Valkey, `redis://` or `rediss://` (TLS). */
export function isRedisUrl(store: string): boolean {
  return /^rediss?:\/\//.test(store) && URL.canParse(store);
}

/**
 * Loads what makes clients, from the optional peer dependency `@keyv/redis`.
 *
 * @throws CrowdsecError `CROWDSEC_OPTION_INVALID` when that package is not installed
 */
export async function loadClientMaker(): Promise<(options: { readonly url: string }) => OwnRedisClient> {
  const loaded = await importOptional(PACKAGE).catch((error: unknown) => {
    const message = `A store given by URL needs the package ${PACKAGE}: install it (npm install ${PACKAGE})`;
    throw new CrowdsecError('CROWDSEC_OPTION_INVALID', message, { path: 'store', cause: error });
  });
  if (!isObject(loaded) || typeof loaded.createClient !== 'function') {
    const message = `The installed ${PACKAGE} has no createClient: install version 5 or later`;
    throw new CrowdsecError('CROWDSEC_OPTION_INVALID', message, { path: 'store' });
  }
  return loaded.createClient as (options: { readonly url: string }) => OwnRedisClient;
}

/**
 * A client for this URL, not connected yet.
 *
 * @throws CrowdsecError `CROWDSEC_OPTION_INVALID` when `@keyv/redis` is not installed
 */
export async function clientOfUrl(url: string): Promise<OwnRedisClient> {
  const createClient = await loadClientMaker();
  return createClient({ url });
}
