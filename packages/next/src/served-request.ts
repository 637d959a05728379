import { AsyncLocalStorage } from 'node:async_hooks';
import { subscribe } from 'node:diagnostics_channel';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { SettledVerdict } from '@crowdsec-sdk/core/adapter';

/** The HTTP request that the running code serves. Next hands out neither its response nor a place to keep findings. */
export interface ServedRequest {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  /** The request target as it arrived: what Next makes of it may differ. */
  readonly url: string | undefined;
  /** Once somebody has judged it. */
  verdict?: SettledVerdict;
}

/** One for all copies of this module, as the agent is. */
const KEY = Symbol.for('@crowdsec-sdk/next:served-request');
const place = globalThis as { [KEY]?: AsyncLocalStorage<ServedRequest> };

/** From now on, {@link servedRequest} tells each request that an HTTP server of this process gets. */
export function watchServedRequests(): void {
  if (place[KEY] !== undefined) return;
  const storage = (place[KEY] = new AsyncLocalStorage<ServedRequest>());
  subscribe('http.server.request.start', (message) => {
    const { request, response } = message as Pick<ServedRequest, 'request' | 'response'>;
    storage.enterWith({ request, response, url: request.url });
  });
}

/** `undefined` where no HTTP server of this process got the request, or got it before it was watched. */
export function servedRequest(): ServedRequest | undefined {
  return place[KEY]?.getStore();
}
