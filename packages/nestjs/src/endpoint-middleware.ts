import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Crowdsec } from '@crowdsec-sdk/core';
import type { CrowdsecMiddleware } from './crowdsec.middleware.js';

/** Hands what is meant for the captcha's endpoint, at the root or below a prefix, to the middleware, and leaves the rest alone. */
export function endpointMiddleware(
  { bouncer }: Crowdsec,
  { use }: CrowdsecMiddleware,
): (request: IncomingMessage & { readonly originalUrl?: string }, response: ServerResponse, next: () => void) => void {
  return (request, response, next) => {
    const [path = ''] = (request.originalUrl ?? request.url ?? '').split('?', 1);
    if (bouncer.servesPath(path)) use(request, response, next);
    else next();
  };
}
