import { proxySettings } from '../http/proxy-settings.js';
import { Agent, EnvHttpProxyAgent, fetch as undiciFetch } from '../http/undici.js';
import { proxyOfSettings, usingProxies } from '../http/used-proxy.js';
import type { Fetch } from './transport.js';

/**
 * The `fetch` of the SDK: through a proxy when `HTTP_PROXY` or `HTTPS_PROXY` say so (`NO_PROXY` honoured). Certificates are always
 * checked; an additional authority is given to Node itself by `NODE_EXTRA_CA_CERTS`. Never throws.
 *
 * @param warn called for proxies that can't be used; requests are then sent without one
 */
export function defaultFetch(warn: (message: string) => void = () => undefined): {
  readonly fetch: Fetch;
  readonly close: () => Promise<void>;
} {
  const settings = proxySettings(process.env, warn);
  const { httpProxy, httpsProxy } = settings;
  const behindProxy = httpProxy !== undefined || httpsProxy !== undefined;
  // An empty text, unlike none, keeps the agent from reading the environment itself.
  const dispatcher = behindProxy
    ? new EnvHttpProxyAgent({ httpProxy: httpProxy ?? '', httpsProxy: httpsProxy ?? '' })
    : new Agent({ keepAliveTimeout: 4_000 });
  const send = undiciFetch as unknown as Fetch;
  const fetch: Fetch = (input, init) => send(input, { ...init, dispatcher } as unknown as RequestInit);
  return {
    fetch: usingProxies(fetch, proxyOfSettings(settings)),
    close: () => dispatcher.destroy(),
  };
}
