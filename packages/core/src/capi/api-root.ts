import { CrowdsecError } from '../errors.js';

/** The environments of CrowdSec, with the root of their API. */
export const API_ROOTS = {
  prod: 'https://api.crowdsec.net',
  dev: 'https://api.dev.crowdsec.net',
} as const;

/** A version at the end, or before the path of a call that somebody copied whole. */
const VERSION = /\/v\d+(?:$|\/(?:watchers|decisions|signals|metrics|usage-metrics|heartbeat)(?:$|\/))/i;

export type ApiEnvironment = keyof typeof API_ROOTS;

/** Whether these options name CAPI, in an environment of CrowdSec's or at another root. */
export function speaksToCapi({ env, apiUrl }: { readonly env?: ApiEnvironment; readonly apiUrl?: string }): boolean {
  return env !== undefined || apiUrl !== undefined;
}

/**
 * The root that every path is appended to: no version, no final slash; a path prefix is kept. Credentials, token and decisions
 * are stored for one root.
 *
 * @throws CrowdsecError `CROWDSEC_OPTION_INVALID`
 */
export function apiRoot(options: { readonly env?: ApiEnvironment; readonly apiUrl?: string }): string {
  if (options.apiUrl === undefined) {
    if (options.env === undefined) {
      throw invalid('options.env', "name an environment, `env: 'prod'` or `env: 'dev'`, or give an `apiUrl`");
    }
    return API_ROOTS[options.env];
  }
  if (options.env !== undefined) throw invalid('options.apiUrl', 'give `env` or `apiUrl`, not both');
  let url: URL;
  try {
    url = new URL(options.apiUrl);
  } catch {
    throw invalid('options.apiUrl', 'must be an absolute URL such as https://capi.example.org');
  }
  if (url.protocol !== 'https:' && url.protocol !== 'http:')
    throw invalid('options.apiUrl', 'must be an http or https URL');
  if (url.username !== '' || url.password !== '')
    throw invalid('options.apiUrl', 'must not contain a user or a password');
  if (url.search !== '' || url.hash !== '') throw invalid('options.apiUrl', 'must not contain a query or a fragment');
  const path = url.pathname.replace(/\/+$/, '');
  if (VERSION.test(path))
    throw invalid(
      'options.apiUrl',
      'is the root of the API: end it before the version, the SDK speaks v3 and adds /v3 itself',
    );
  return url.origin + path;
}

function invalid(path: string, message: string): CrowdsecError {
  return new CrowdsecError('CROWDSEC_OPTION_INVALID', `${path}: ${message}`, { path });
}
