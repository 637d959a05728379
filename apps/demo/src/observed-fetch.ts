import { EnvHttpProxyAgent, fetch as undiciFetch } from 'undici';
import type { Fetch } from '@crowdsec-sdk/core';
import type { ReceivedCall } from './received-call.js';
import { signalsIn } from './signals-in.js';

/** A `fetch` that remembers the calls it made, without what they carried. */
export interface ObservedFetch {
  readonly fetch: Fetch;
  /** In order. */
  readonly calls: readonly ReceivedCall[];
  readonly close: () => Promise<void>;
}

/** For an agent whose CAPI cannot be looked into. It goes through the proxy that the environment names, as the SDK's own does. */
export function observedFetch(): ObservedFetch {
  const calls: ReceivedCall[] = [];
  const dispatcher = new EnvHttpProxyAgent();
  const send = undiciFetch as unknown as Fetch;
  return {
    calls,
    close: () => dispatcher.destroy(),
    fetch: async (input, init) => {
      const place = calls.push(callOf(input, init)) - 1;
      const response = await send(input, { ...init, dispatcher } as unknown as RequestInit);
      calls[place] = { ...calls[place]!, status: response.status };
      return response;
    },
  };
}

function callOf(...[input, init]: Parameters<Fetch>): ReceivedCall {
  const { pathname, search } = new URL(input instanceof Request ? input.url : input);
  const body: unknown = typeof init?.body === 'string' ? JSON.parse(init.body) : undefined;
  return {
    at: Date.now(),
    method: init?.method ?? 'GET',
    path: pathname,
    target: pathname + search,
    userAgent: new Headers(init?.headers).get('user-agent') ?? '',
    ...signalsIn(body),
    status: null,
  };
}
