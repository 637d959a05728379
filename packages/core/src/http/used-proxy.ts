import type { Fetch } from './fetch.js';
import type { ProxySettings } from './proxy-settings.js';

/** The proxy that calls to a host go through, as messages may show it. */
export interface UsedProxy {
  /** Without user and password: `http://proxy.example.org:3128`. */
  readonly url: string;
  /** The variable that names it. */
  readonly variable: 'HTTP_PROXY' | 'HTTPS_PROXY';
}

/** Tells the proxy that calls to a URL go through; `undefined` where they go straight. */
export type ProxyOf = (url: URL) => UsedProxy | undefined;

/** The proxies of these settings, as undici's `EnvHttpProxyAgent` uses them: for messages, it decides nothing. */
export function proxyOfSettings(
  { httpProxy, httpsProxy }: ProxySettings,
  environment: Readonly<Record<string, string | undefined>> = process.env,
): ProxyOf {
  const used = (url: string, variable: UsedProxy['variable']): UsedProxy => ({ url: new URL(url).origin, variable });
  const forHttp = httpProxy === undefined ? undefined : used(httpProxy, 'HTTP_PROXY');
  const forHttps = httpsProxy === undefined ? forHttp : used(httpsProxy, 'HTTPS_PROXY');
  return (url) => {
    const proxy = url.protocol === 'https:' ? forHttps : forHttp;
    const excepted = environment.no_proxy ?? environment.NO_PROXY ?? '';
    return proxy !== undefined && !isExcepted(url, excepted) ? proxy : undefined;
  };
}

/** Whether `NO_PROXY` names the host of a URL: `*`, or hosts and parent domains, each with a port or without. */
function isExcepted({ protocol, hostname, port }: URL, noProxy: string): boolean {
  if (noProxy === '*') return true;
  const ownPort = port === '' ? (protocol === 'https:' ? '443' : '80') : port;
  return noProxy
    .split(/[,\s]/)
    .filter((entry) => entry !== '')
    .some((entry) => {
      const [, name = entry, entryPort] = /^(.+):(\d+)$/.exec(entry) ?? [];
      const domain = name.replace(/^\*?\./, '').toLowerCase();
      if (entryPort !== undefined && entryPort !== ownPort) return false;
      return hostname === domain || hostname.endsWith(`.${domain}`);
    });
}

const proxies = new WeakMap<Fetch, ProxyOf>();

/** Remembers which proxies a `fetch` uses, so that whoever calls by it can name them; returns it. */
export function usingProxies(fetch: Fetch, proxyOf: ProxyOf): Fetch {
  proxies.set(fetch, proxyOf);
  return fetch;
}

/** Remembers that a `fetch` calls by another one; returns it. */
export function callingBy(fetch: Fetch, inner: Fetch): Fetch {
  const proxyOf = proxies.get(inner);
  return proxyOf === undefined ? fetch : usingProxies(fetch, proxyOf);
}

/** The proxy that a call of this `fetch` goes through; `undefined` where it goes straight, or where nobody knows. */
export function usedProxy(fetch: Fetch, url: string | URL): UsedProxy | undefined {
  return URL.canParse(String(url)) ? proxies.get(fetch)?.(new URL(url)) : undefined;
}
