import type { Endpoint } from './endpoint.js';
import type { Fetch } from './fetch.js';
import { proxySettings } from './proxy-settings.js';
import { Agent, EnvHttpProxyAgent, fetch as undiciFetch, type Dispatcher } from './undici.js';

/** What proves to a server who we are, and by whose word we believe it; PEM texts. */
export interface TlsOptions {
  readonly cert?: string | Buffer | undefined;
  readonly key?: string | Buffer | undefined;
  readonly ca?: string | Buffer | undefined;
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
): { readonly fetch: Fetch; readonly close: () => Promise<void> } {
  const dispatcher = endpointDispatcher(endpoint, options);
  const send = undiciFetch as unknown as Fetch;
  return {
    fetch: (input, init) => send(input, { ...init, dispatcher } as unknown as RequestInit),
    close: () => dispatcher.destroy(),
  };
}

/**
 * The connections to one server of the operator, as {@link endpointFetch} uses them.
 *
 * @param options.connections how many there may be at most; calls beyond wait
 */
export function endpointDispatcher(
  { root, socketPath }: Endpoint,
  options: {
    readonly tls?: TlsOptions | undefined;
    readonly warn?: (message: string) => void;
    readonly connections?: number;
  },
): Dispatcher {
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
  if (socketPath !== undefined) return new Agent({ ...common, connect: { socketPath } });
  if (!isLoopback(new URL(root).hostname)) {
    const { httpProxy, httpsProxy } = proxySettings(process.env, warn);
    if (httpProxy !== undefined || httpsProxy !== undefined)
      return new EnvHttpProxyAgent({
        ...common,
        httpProxy: httpProxy ?? '',
        httpsProxy: httpsProxy ?? '',
        connect: tls,
        requestTls: tls,
      });
  }
  return new Agent({ ...common, connect: tls });
}

function isLoopback(hostname: string): boolean {
  return hostname === 'localhost' || hostname === '[::1]' || hostname.startsWith('127.');
}
