import type { IncomingMessage } from 'node:http';
import type { RequestFacts } from '@crowdsec-sdk/core';
import { nodeFacts } from '@crowdsec-sdk/core/adapter';

/** What requests of Express and Fastify have in common, as far as a verdict needs it. */
export interface NestRequest {
  readonly method: string;
  readonly url: string;
  /** As it arrived, before a router or a middleware rewrote `url`. */
  readonly originalUrl?: string;
  readonly headers: IncomingMessage['headers'];
  readonly socket: { readonly remoteAddress?: string | undefined };
  /** Node's request, where the platform wraps it. */
  readonly raw?: NestRequest;
}

/**
 * The facts of a request of either platform. The address is that of the connection: what `request.ip` says depends on the
 * framework's own trust in proxies, which the SDK never takes over.
 */
export function requestFacts(request: NestRequest): RequestFacts {
  return nodeFacts(rawRequest(request), request.originalUrl);
}

/** Node's request. By `Reflect.get`: that a request of Express has no such property takes an access by the dot ten times as long to find out. */
export function rawRequest(request: NestRequest): NestRequest {
  return Reflect.get(request, 'raw') ?? request;
}
