import type { RequestFacts, RequestHeaders } from '../bouncer/verdict.js';
import { headerValue } from './header-value.js';
import { appsecTarget } from './request-target.js';

/** What AppSec takes from the bouncer alone: whatever of it a client sends would be believed before ours. */
const APPSEC_HEADER = /^x[-_]crowdsec[-_]appsec/i;

/**
 * Of this connection or this message, not of the request; and the two that AppSec has headers of its own for. What a client names in
 * `Connection` besides stays: the application sees it, so AppSec has to as well.
 */
const OMITTED_HEADERS = new Set([
  'connection',
  'content-length',
  'expect',
  'host',
  'http2-settings',
  'keep-alive',
  'proxy-authenticate',
  'proxy-authorization',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
  'user-agent',
]);

/** What the headers of a call rest on. */
export interface CallFacts {
  readonly facts: RequestFacts;
  /** `undefined` for a client that nobody can tell. */
  readonly ip: string | undefined;
  readonly apiKey: string;
  /** The body is sent unpacked. */
  readonly withoutEncoding: boolean;
}

/** AppSec requires an address; this one stands for an unknown client. */
const UNKNOWN_ADDRESS = '0.0.0.0';

/** The headers of a call to AppSec, names and values in turn: those of the request, and what AppSec is told of it. */
export function callHeaders({ facts, ip, apiKey, withoutEncoding }: CallFacts): string[] {
  const { nodeRequest, headers, method } = facts;
  const sent: string[] = [];
  let host: string | undefined;
  let userAgent: string | undefined;
  for (const [name, value] of linesOf(headers, nodeRequest?.rawHeaders)) {
    const lower = name.toLowerCase();
    if (lower === 'host' || lower === ':authority') host ??= value;
    else if (lower === 'user-agent') userAgent = userAgent === undefined ? value : `${userAgent}, ${value}`;
    else if (isForwarded(lower) && !(withoutEncoding && lower === 'content-encoding'))
      sent.push(name, headerValue(value));
  }
  sent.push('X-Crowdsec-Appsec-Api-Key', apiKey);
  sent.push('X-Crowdsec-Appsec-Ip', headerValue(ip ?? UNKNOWN_ADDRESS));
  sent.push('X-Crowdsec-Appsec-Uri', appsecTarget(targetOf(facts)));
  sent.push('X-Crowdsec-Appsec-Verb', headerValue(method) || 'GET');
  if (host !== undefined) sent.push('X-Crowdsec-Appsec-Host', headerValue(host));
  if (userAgent !== undefined) sent.push('X-Crowdsec-Appsec-User-Agent', headerValue(userAgent));
  const version = /^(\d)\.(\d)$/.exec(nodeRequest?.httpVersion ?? '');
  if (version !== null) sent.push('X-Crowdsec-Appsec-Http-Version', `${version[1]}${version[2]}`);
  return sent;
}

function targetOf({ url, webRequest, path }: RequestFacts): string {
  if (url !== undefined) return url;
  if (webRequest === undefined || !URL.canParse(webRequest.url)) return path;
  const { pathname, search } = new URL(webRequest.url);
  return pathname + search;
}

function isForwarded(name: string): boolean {
  // Neither HTTP/2's own, such as `:path`, nor what no client of HTTP would send.
  if (!/^[!#$%&'*+.^_`|~0-9a-z-]+$/.test(name)) return false;
  return !OMITTED_HEADERS.has(name) && !APPSEC_HEADER.test(name);
}

/** Each line of the head of a request, as it arrived where the host has kept that. */
function* linesOf(
  headers: RequestHeaders,
  rawHeaders: readonly string[] | undefined,
): Iterable<readonly [name: string, value: string]> {
  if (rawHeaders !== undefined) {
    for (let i = 0; i + 1 < rawHeaders.length; i += 2) yield [rawHeaders[i] ?? '', rawHeaders[i + 1] ?? ''];
  } else if (isIterable(headers)) {
    yield* headers;
  } else if (typeof headers.get === 'function') {
    // Nothing else is known of it than how to ask it for one.
    for (const name of ['host', 'user-agent', 'content-type', 'content-encoding', 'cookie']) {
      const value = (headers as { get(name: string): string | null }).get(name);
      if (value !== null) yield [name, value];
    }
  } else {
    for (const [name, value] of Object.entries(headers as Record<string, string | readonly string[] | undefined>)) {
      if (typeof value === 'string') yield [name, value];
      else for (const line of value ?? []) yield [name, line];
    }
  }
}

function isIterable(headers: object): headers is Iterable<readonly [string, string]> {
  return Symbol.iterator in headers;
}
