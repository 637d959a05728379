import { fetchBy, type ClosableFetch } from '../http/dispatcher.js';
import { proxySettings } from '../http/proxy-settings.js';
import { Agent, EnvHttpProxyAgent } from '../http/undici.js';
import { proxyOfSettings } from '../http/used-proxy.js';

/**
 * The `fetch` of the SDK: through a proxy when `HTTP_PROXY` or `HTTPS_PROXY` say so (`NO_PROXY` honoured). Certificates are always
 * checked; an additional authority is given to Node itself by `NODE_EXTRA_CA_CERTS`. Never throws.
 *
 * @param warn called for proxies that can't be used; requests are then sent without one
 */
export function defaultFetch(warn: (message: string) => void = () => undefined): ClosableFetch {
  const settings = proxySettings(process.env, warn);
  const { httpProxy, httpsProxy } = settings;
  const behindProxy = httpProxy !== undefined || httpsProxy !== undefined;
  // An empty text, unlike none, keeps the agent from reading the environment itself.
  const dispatcher = behindProxy
    ? new EnvHttpProxyAgent({ httpProxy: httpProxy ?? '', httpsProxy: httpsProxy ?? '' })
    : new Agent({ keepAliveTimeout: 4_000 });
  return fetchBy(dispatcher, proxyOfSettings(settings));
}
