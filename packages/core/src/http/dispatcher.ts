import type { Endpoint } from './endpoint.js';
import type { Fetch } from './fetch.js';
import { isLoopback } from './is-loopback.js';
import { proxySettings } from './proxy-settings.js';
import { Agent, EnvHttpProxyAgent, fetch as undiciFetch, type Dispatcher } from './undici.js';
import { proxyOfSettings, usingProxies, type ProxyOf, type UsedProxy } from './used-proxy.js';

/** What proves to a server who we are, and by whose word we believe it; PEM texts. */
export interface TlsOptions {
  readonly cert?: string | Buffer | undefined;
  readonly key?: string | Buffer | undefined;
  readonly ca?: string | Buffer | undefined;
}

/** A `fetch` with connections of its own. */
export interface ClosableFetch {
  readonly fetch: Fetch;
  /** Breaks off what is on its way. */
  readonly close: () => Promise<void>;
}

/** How long an idle connection is kept, in ms: longer than a pull is from the next at the default interval. */
const KEEP_ALIVE_MS = 30_000;

/**
 * A `fetch` to one server of the operator: over its unix socket, with a client certificate, or through the proxy that the environment
 * names, which a loopback address never takes.
 *
 * @param warn is told of proxies that can't be used
 */
export function endpointFetch(
  endpoint: Endpoint,
  options: { readonly tls?: TlsOptions | undefined; readonly warn?: (message: string) => void } = {},
): ClosableFetch {
  const { dispatcher, proxy } = endpointConnections(endpoint, options);
  return fetchBy(dispatcher, () => proxy);
}

/** A `fetch` whose calls go by a dispatcher. @param proxyOf the proxies that it uses */
export function fetchBy(dispatcher: Dispatcher, proxyOf: ProxyOf): ClosableFetch {
  const send = undiciFetch as unknown as Fetch;
  const fetch: Fetch = (input, init) => send(input, { ...init, dispatcher } as unknown as RequestInit);
  return { fetch: usingProxies(fetch, proxyOf), close: () => dispatcher.destroy() };
}

/** The connections to one server of the operator. */
export interface EndpointConnections {
  readonly dispatcher: Dispatcher;
  /** The proxy that they go through. */
  readonly proxy: UsedProxy | undefined;
}

/**
 * The connections to one server of the operator, as {@link endpointFetch} uses them.
 *
 * @param options.connections how many there may be at most; calls beyond wait
 */
export function endpointConnections(
  { root, socketPath }: Endpoint,
  options: {
    readonly tls?: TlsOptions | undefined;
    readonly warn?: (message: string) => void;
    readonly connections?: number;
  },
): EndpointConnections {
  const { tls: { cert, key, ca } = {}, warn = (): void => undefined, connections } = options;
  const tls = {
    ...(cert === undefined ? {} : { cert }),
    ...(key === undefined ? {} : { key }),
    ...(ca === undefined ? {} : { ca }),
  };
  const common = {
    keepAliveTimeout: KEEP_ALIVE_MS,
    ...(connections === undefined ? {} : { connections }),
  };
  const straight = (connect: object): EndpointConnections => ({
    dispatcher: new Agent({ ...common, connect }),
    proxy: undefined,
  });
  if (socketPath !== undefined) return straight({ socketPath });
  const url = new URL(root);
  const settings = isLoopback(url.hostname) ? {} : proxySettings(process.env, warn);
  const { httpProxy = '', httpsProxy = '' } = settings;
  if (httpProxy === '' && httpsProxy === '') return straight(tls);
  return {
    dispatcher: new EnvHttpProxyAgent({ ...common, httpProxy, httpsProxy, connect: tls, requestTls: tls }),
    proxy: proxyOfSettings(settings)(url),
  };
}
