import { SpanKind, SpanStatusCode, trace, type Span } from '@opentelemetry/api';
import type { Clock } from '../clock.js';
import type { Fetch } from '../http/fetch.js';
import { messageOf } from '../errors.js';
import { SDK_VERSION } from '../version.js';
import { INSTRUMENTATION_SCOPE } from './agent-metrics.js';
import type { MetricAttributes } from './attributes.js';
import { errorType } from './error-type.js';
import type { Histograms } from './histograms.js';

/** Who is called. */
export type Peer = 'capi' | 'lapi' | 'appsec' | 'other';

export interface ObservedFetchOptions {
  /** Tells by the URL who is called. */
  readonly peerOf: (url: URL) => Peer;
  /** What the paths of an endpoint begin with and its template leaves out: the path of the API root. */
  readonly prefix?: string;
  readonly histograms: Histograms;
  readonly clock: Clock;
}

/**
 * A `fetch` that makes one client span and one measurement of each call, until the headers of its answer. Neither has more of the URL
 * than host and endpoint: links of lists are secrets. No trace context is sent to other parties.
 */
export function observedFetch(fetch: Fetch, { peerOf, prefix = '', histograms, clock }: ObservedFetchOptions): Fetch {
  return async (input, init) => {
    const url = new URL(input instanceof Request ? input.url : input);
    const method = init?.method ?? (input instanceof Request ? input.method : 'GET');
    const peer = peerOf(url);
    const template = peer === 'other' ? undefined : templateOf(url, prefix);
    const call = {
      'crowdsec.peer': peer,
      'http.request.method': method,
      ...(template !== undefined && { 'url.template': template }),
    };
    const from = clock.monotonic();
    const done = (span: Span, outcome: MetricAttributes): void => {
      span.setAttributes(outcome);
      span.end();
      histograms.record('crowdsec.client.call.duration', clock.monotonic() - from, { ...call, ...outcome });
    };
    const name = template === undefined ? method : `${method} ${template}`;
    const attributes = {
      ...call,
      'server.address': url.hostname,
      ...(url.port !== '' && { 'server.port': Number(url.port) }),
    };
    const tracer = trace.getTracer(INSTRUMENTATION_SCOPE, SDK_VERSION);
    return tracer.startActiveSpan(name, { kind: SpanKind.CLIENT, attributes }, async (span) => {
      try {
        const response = await fetch(input, init);
        done(span, statusOf(span, response));
        return response;
      } catch (error) {
        span.setStatus({ code: SpanStatusCode.ERROR, message: messageOf(error) });
        done(span, { 'error.type': errorType(error) });
        throw error;
      }
    });
  };
}

function statusOf(span: Span, { status }: Response): MetricAttributes {
  if (status < 400) return { 'http.response.status_code': status };
  span.setStatus({ code: SpanStatusCode.ERROR });
  return { 'http.response.status_code': status, 'error.type': String(status) };
}

/** The path below the root, with ids left open, so that endpoints are few. */
function templateOf({ pathname }: URL, prefix: string): string {
  const path = pathname.startsWith(prefix) ? pathname.slice(prefix.length) : pathname;
  return path.replace(/\/\d+(?=\/|$)/g, '/{id}');
}
