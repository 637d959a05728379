import type { BouncerResponse, Crowdsec, CrowdsecOptions } from '@crowdsec-sdk/core';
import { followAnswer, hostedCrowdsec, nodeFacts, nodeHeaders, type SettledVerdict } from '@crowdsec-sdk/core/adapter';
import type { RequestHandler, Response } from 'express';

/** What the middleware adds to `response.locals`. */
export interface CrowdsecLocals extends Record<string, unknown> {
  /** Who is calling, and what was found: in what comes after the middleware, and about a refused client when the answer was sent. */
  crowdsec: SettledVerdict;
}

declare global {
  namespace Express {
    interface Locals {
      /** @see CrowdsecLocals */
      crowdsec: SettledVerdict;
    }
  }
}

/** The middleware, with the agent behind it: to report to, and to stop. */
export type CrowdsecMiddleware = RequestHandler & { readonly crowdsec: Crowdsec };

/**
 * Refuses clients that CrowdSec decided against; use it before anything else.
 *
 * ```ts
 * app.use(crowdsecMiddleware({ env: 'prod', scenarios: ['acme/login-bruteforce'], trustedProxies: 'private' }));
 * ```
 *
 * @param given the agent to use, or options to start one with; Express has no hook to stop it: call
 * `middleware.crowdsec.stop()`
 * @throws CrowdsecError `CROWDSEC_OPTION_INVALID` with the path of the wrong option
 */
export function crowdsecMiddleware(given: CrowdsecOptions | Crowdsec): CrowdsecMiddleware {
  const { crowdsec } = hostedCrowdsec(given);
  const { bouncer } = crowdsec;
  const middleware: RequestHandler = (request, response, next) => {
    const known = bouncer.verdicts.of(request);
    if (known !== undefined) {
      response.locals.crowdsec = known;
      return next();
    }
    const facts = nodeFacts(request, request.originalUrl);
    const follow = (verdict: SettledVerdict): void => {
      followAnswer(bouncer, facts, verdict, response);
      response.locals.crowdsec = verdict;
      if (verdict.action === 'block') return refuse(response, verdict.response);
      bouncer.verdicts.keep(request, verdict);
      next();
    };
    const verdict = bouncer.inspect(facts);
    if (verdict.settled === undefined) follow(verdict);
    else verdict.settled.then(follow).catch(next);
  };
  return Object.assign(middleware, { crowdsec });
}

function refuse(response: Response, answer: BouncerResponse): void {
  // While a remedy took its time, a time-out of the application may have answered.
  if (response.headersSent) return;
  // As data, with nothing of Express' own about it: `send` would add an ETag, and a charset to the type.
  response.writeHead(answer.status, nodeHeaders(answer)).end(answer.body);
}
