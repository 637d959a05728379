import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Crowdsec } from '@crowdsec-sdk/core';
import type { CrowdsecMiddleware } from './crowdsec.middleware.js';

/** Hands what is meant for the captcha's endpoint, at the root or below a prefix, to the middleware, and leaves the rest alone. */
export function endpointMiddleware(
  { bouncer }: Crowdsec,
  { use }: CrowdsecMiddleware,
): (request: IncomingMessage & { readonly originalUrl?: string }, response: ServerResponse, next: () => void) => void {
  return (request, response, next) => {
    const url = request.originalUrl ?? request.url ?? '';
    const queryAt = url.indexOf('?');
    if (bouncer.servesPath(queryAt === -1 ? url : url.slice(0, queryAt))) use(request, response, next);
    else next();
  };
}
