import { messageOf } from '../errors.js';
import { knowSecretsOfUrl, redact } from '../redaction/redaction.js';

/** The proxies that the environment names, as URLs; absent where there is none, or none that can be used. */
export interface ProxySettings {
  readonly httpProxy?: string;
  readonly httpsProxy?: string;
}

/**
 * Reads `HTTP_PROXY`, `HTTPS_PROXY` and their lower-case forms, which win. A blank value names no proxy; one without a scheme is an http
 * proxy, as for curl. Never throws: whatever can't be used is told to `warn`, and requests go without it.
 */
export function proxySettings(
  environment: Readonly<Record<string, string | undefined>>,
  warn: (message: string) => void,
): ProxySettings {
  const read = (...names: readonly string[]): string | undefined => {
    const name = names.find((candidate) => environment[candidate] !== undefined);
    return name === undefined ? undefined : proxyUrl(name, environment[name] ?? '', warn);
  };
  const httpProxy = read('http_proxy', 'HTTP_PROXY');
  const httpsProxy = read('https_proxy', 'HTTPS_PROXY');
  const all = ['all_proxy', 'ALL_PROXY'].find((name) => (environment[name] ?? '').trim() !== '');
  if (all !== undefined && httpProxy === undefined && httpsProxy === undefined)
    warn(`${all} is not honoured: name an http proxy in HTTPS_PROXY, or give a \`fetch\` that uses yours.`);
  return { ...(httpProxy === undefined ? {} : { httpProxy }), ...(httpsProxy === undefined ? {} : { httpsProxy }) };
}

/** Files of environment variables are read by tools of which some keep the quotes. */
const QUOTED = /^(["'])(.*)\1$/s;

/** Read as a host without a scheme, `http:/proxy` would be a proxy called `http`. */
const MISSPELT_SCHEME = /^(?:https?|socks\w*)(?::\/?|\/\/)(?![\d/])/i;

function proxyUrl(name: string, value: string, warn: (message: string) => void): string | undefined {
  const text = value.trim().replace(QUOTED, '$2');
  if (text === '') return undefined;
  const withScheme = /^[a-z][a-z0-9+.-]*:\/\//i.test(text) ? text : `http://${text}`;
  knowSecretsOfUrl(withScheme);
  try {
    const url = new URL(withScheme);
    if (url.protocol === 'http:' || url.protocol === 'https:') {
      // The proxy's client decodes them, and throws when it can't.
      for (const part of [url.username, url.password]) decodeURIComponent(part);
      if (text.startsWith('/')) throw new Error('it begins with a slash');
      if (MISSPELT_SCHEME.test(text)) throw new Error('its scheme is not followed by ://');
      if (url.hostname.includes('"') || url.hostname.includes("'")) throw new Error('it has a quote in its host');
      // The proxy's client refuses more than an origin.
      Object.assign(url, { pathname: '/', search: '', hash: '' });
      return url.href;
    }
    const kind = url.protocol.startsWith('socks') ? 'SOCKS proxies are' : `proxies of the kind ${url.protocol} are`;
    warn(
      `${name} is ignored (${redact(url.href)}): ${kind} not supported. Name an http proxy, or give a \`fetch\` that uses yours.`,
    );
  } catch (error) {
    warn(`${name} is ignored, it is not the URL of a proxy such as http://proxy.example.org:3128: ${messageOf(error)}`);
  }
  return undefined;
}
