import * as z from 'zod';
import { validate } from '../validate.js';
import { callingBy } from '../http/used-proxy.js';
import { SDK_VERSION } from '../version.js';
import type { Fetch } from './transport.js';

const PRODUCT = 'csnodecapi';

/** The two parts of the user agent that the product using the SDK chooses. */
export const userAgentOptions = z.object({
  suffix: z
    .string()
    .regex(/^[A-Za-z0-9]{0,16}$/, 'must be at most 16 letters and digits, such as AcmeShop')
    .default(''),
  version: z
    .string()
    .regex(/^v\d{1,4}\.\d{1,4}\.\d{1,4}$/, 'must look like v1.2.3')
    .default(SDK_VERSION),
});

/**
 * The user agent of every call to CAPI: `csnodecapi[_<suffix>]/<version>`. CrowdSec distinguishes products by it.
 *
 * @param options.suffix names the product, `[A-Za-z0-9]{0,16}`
 * @param options.version version of the product, `vX.Y.Z`; the SDK's own by default
 * @throws CrowdsecError `CROWDSEC_OPTION_INVALID`
 * @example userAgent({ suffix: 'AcmeShop', version: 'v2.3.0' }) // 'csnodecapi_AcmeShop/v2.3.0'
 */
export function userAgent(options: { readonly suffix?: string; readonly version?: string } = {}): string {
  const { suffix, version } = validate(userAgentOptions, options, 'userAgent');
  return suffix === '' ? `${PRODUCT}/${version}` : `${PRODUCT}_${suffix}/${version}`;
}

/** A `fetch` whose requests name the product, unless they name another. */
export function withUserAgent(fetch: Fetch, userAgent: string): Fetch {
  const named: Fetch = (input, init) => {
    // A request that is made already has its headers.
    if (typeof input !== 'string' && !(input instanceof URL)) return fetch(input, init);
    const headers = new Headers(init?.headers);
    if (!headers.has('user-agent')) headers.set('user-agent', userAgent);
    return fetch(input, { ...init, headers: Object.fromEntries(headers) });
  };
  return callingBy(named, fetch);
}
