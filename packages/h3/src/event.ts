import type { IncomingMessage, ServerResponse } from 'node:http';

/** What is read of an event, of h3 1 and h3 2 alike. */
export interface CrowdsecEvent {
  readonly context: object;
  /** In h3 2 the request as Fetch has it; in h3 1 another name of `node.req`. */
  readonly req: object;
  /** Of h3 1; h3 2 keeps it for those who come from there. */
  readonly node?: unknown;
  /** Of h3 2: what its runtime tells. */
  readonly runtime?: { readonly node?: unknown } | undefined;
}

/** Node's request and response. */
export interface NodePair {
  readonly req: IncomingMessage & {
    /** What a router has taken the mount off is kept here. */
    readonly originalUrl?: string;
    /** Of a request that Nitro made up: the context of the event for which the application makes it. */
    readonly __unenv__?: object;
  };
  readonly res?: ServerResponse;
}

/** Node's request and response, of both versions of h3; `undefined` on a runtime that has none. */
export function nodePair(event: CrowdsecEvent): NodePair | undefined {
  return (event.runtime?.node ?? event.node) as NodePair | undefined;
}

/** h3 2 answers by a `Response` that its middleware returns, h3 1 by whatever was written to Node's. */
export function answersByResponse(event: CrowdsecEvent): boolean {
  return event.req instanceof Request;
}
