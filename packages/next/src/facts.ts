import type { RequestFacts } from '@crowdsec-sdk/core';

/** The facts of a Fetch request: Next knows no peer. */
export function requestFacts(request: Request): RequestFacts {
  return {
    remoteAddress: undefined,
    method: request.method,
    path: new URL(request.url).pathname,
    headers: request.headers,
    webRequest: request,
  };
}
