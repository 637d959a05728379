import { Agent, EnvHttpProxyAgent, fetch as undiciFetch } from 'undici';
import type { Fetch } from './transport.js';

const PROXY_VARIABLES = ['HTTP_PROXY', 'HTTPS_PROXY', 'http_proxy', 'https_proxy'];

/**
 * The `fetch` of the SDK: through a proxy when `HTTP_PROXY` or `HTTPS_PROXY` say so (`NO_PROXY` honoured). Certificates are always
 * checked; an additional authority is given to Node itself by `NODE_EXTRA_CA_CERTS`.
 */
export function defaultFetch(): { readonly fetch: Fetch; readonly close: () => Promise<void> } {
  const behindProxy = PROXY_VARIABLES.some((name) => (process.env[name] ?? '') !== '');
  const dispatcher = behindProxy ? new EnvHttpProxyAgent() : new Agent({ keepAliveTimeout: 4_000 });
  const send = undiciFetch as unknown as Fetch;
  return {
    fetch: (input, init) => send(input, { ...init, dispatcher } as unknown as RequestInit),
    close: () => dispatcher.destroy(),
  };
}
