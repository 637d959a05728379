import type { Fetch } from '../http/fetch.js';
import { callingBy } from '../http/used-proxy.js';
import type { MetricAttributes } from './attributes.js';
import { observeCall, type CallObserver } from './observed-call.js';

/** Who is called. */
export type Peer = 'capi' | 'lapi' | 'other';

export interface ObservedFetchOptions extends CallObserver {
  /** Tells by the URL who is called. */
  readonly peerOf: (url: URL) => Peer;
  /** What the paths of an endpoint begin with and its template leaves out: the path of the API root. */
  readonly prefix?: string;
}

/**
 * A `fetch` that makes one client span and one measurement of each call, until the headers of its answer. Neither has more of the URL
 * than host and endpoint: links of lists are secrets. No trace context is sent to other parties.
 */
export function observedFetch(fetch: Fetch, { peerOf, prefix = '', ...observer }: ObservedFetchOptions): Fetch {
  const observed: Fetch = async (input, init) => {
    const url = new URL(input instanceof Request ? input.url : input);
    const method = init?.method ?? (input instanceof Request ? input.method : 'GET');
    const peer = peerOf(url);
    const template = peer === 'other' ? undefined : templateOf(url, prefix);
    const call = {
      name: template === undefined ? method : `${method} ${template}`,
      attributes: {
        'crowdsec.peer': peer,
        'http.request.method': method,
        ...(template !== undefined && { 'url.template': template }),
      },
      spanAttributes: {
        'server.address': url.hostname,
        ...(url.port !== '' && { 'server.port': Number(url.port) }),
      },
    };
    return observeCall(observer, call, () => fetch(input, init), statusOf);
  };
  return callingBy(observed, fetch);
}

function statusOf({ status }: Response): MetricAttributes {
  return { 'http.response.status_code': status, ...(status >= 400 && { 'error.type': String(status) }) };
}

/** The path below the root, with ids left open, so that endpoints are few. */
function templateOf({ pathname }: URL, prefix: string): string {
  const path = pathname.startsWith(prefix) ? pathname.slice(prefix.length) : pathname;
  return path.replace(/\/\d+(?=\/|$)/g, '/{id}');
}
