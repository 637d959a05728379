import type { IncomingHttpHeaders } from 'node:http';
import type { RequestFacts } from '@crowdsec-sdk/core';

/** What requests of Express and Fastify have in common, as far as a verdict needs it. */
export interface NestRequest {
  readonly method: string;
  readonly url: string;
  /** As it arrived, before a router or a middleware rewrote `url`. */
  readonly originalUrl?: string;
  readonly headers: IncomingHttpHeaders;
  readonly socket: { readonly remoteAddress?: string | undefined };
}

/**
 * The facts of a request of either platform. The address is that of the connection: what `request.ip` says depends on the
 * framework's own trust in proxies, which the SDK never takes over.
 */
export function requestFacts(request: NestRequest): RequestFacts {
  return {
    remoteAddress: request.socket.remoteAddress,
    method: request.method,
    path: withoutQuery(request.originalUrl ?? request.url),
    headers: request.headers,
  };
}

function withoutQuery(url: string): string {
  const queryAt = url.indexOf('?');
  return queryAt === -1 ? url : url.slice(0, queryAt);
}
