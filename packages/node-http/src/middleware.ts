import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Crowdsec, CrowdsecOptions, PassVerdict } from '@crowdsec-sdk/core';
import { hostedCrowdsec } from '@crowdsec-sdk/core/adapter';
import { guardRequest } from './guard-request.js';

/** A middleware as Connect, Polka, Vite and many frameworks take it, with the agent behind it: to report to, and to stop. */
export interface CrowdsecMiddleware {
  (request: IncomingMessage, response: ServerResponse, next: (error?: unknown) => void): void;
  readonly crowdsec: Crowdsec;
  /** Who is calling, and what was found; `undefined` before the request has passed. */
  verdictOf(request: IncomingMessage): PassVerdict | undefined;
}

/**
 * Refuses clients that CrowdSec decided against; use it before anything else.
 *
 * @param given the agent to use, or options to start one with; call `middleware.crowdsec.stop()` when the server has closed
 * @throws CrowdsecError `CROWDSEC_OPTION_INVALID` with the path of the wrong option
 */
export function crowdsecMiddleware(given: CrowdsecOptions | Crowdsec): CrowdsecMiddleware {
  const { crowdsec } = hostedCrowdsec(given);
  const { bouncer } = crowdsec;
  const middleware = (request: IncomingMessage, response: ServerResponse, next: (error?: unknown) => void): void => {
    const passed = guardRequest(bouncer, request, response, () => {
      next();
    });
    if (passed instanceof Promise) passed.catch(next);
  };
  return Object.assign(middleware, {
    crowdsec,
    verdictOf: (request: IncomingMessage) => bouncer.verdicts.of(request),
  });
}
