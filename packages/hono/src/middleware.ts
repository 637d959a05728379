import type { IncomingMessage } from 'node:http';
import {
  hostedCrowdsec,
  nodeFacts,
  type Crowdsec,
  type CrowdsecOptions,
  type PassVerdict,
  type RequestFacts,
} from '@crowdsec-sdk/core';
import type { Context, MiddlewareHandler } from 'hono';

/** What the middleware adds to the context: `context.get('crowdsec')`. */
export interface CrowdsecEnv {
  Variables: {
    /** Who is calling, and what was found. */
    crowdsec: PassVerdict;
  };
}

/** The middleware, with the agent behind it: to report to, and to stop. */
export type CrowdsecMiddleware = MiddlewareHandler<CrowdsecEnv> & { readonly crowdsec: Crowdsec };

/**
 * Refuses clients that CrowdSec decided against; use it before anything else.
 *
 * ```ts
 * app.use(crowdsecMiddleware({ env: 'prod', scenarios: ['acme/login-bruteforce'], trustedProxies: 'private' }));
 * ```
 *
 * On `@hono/node-server` the peer is that of the socket. Elsewhere there is none: there, a number of `trustedProxies`
 * or `clientIp` tells the client.
 *
 * @param given the agent to use, or options to start one with; Hono has no hook to stop it: call
 * `middleware.crowdsec.stop()`
 * @throws CrowdsecError `CROWDSEC_OPTION_INVALID` with the path of the wrong option
 */
export function crowdsecMiddleware(given: CrowdsecOptions | Crowdsec): CrowdsecMiddleware {
  const { crowdsec } = hostedCrowdsec(given);
  const middleware: MiddlewareHandler<CrowdsecEnv> = async (context, next) => {
    const judged = crowdsec.bouncer.inspect(factsOf(context));
    const verdict = judged.settled === undefined ? judged : await judged.settled;
    if (verdict.action === 'block') return verdict.toResponse();
    context.set('crowdsec', verdict);
    return next();
  };
  return Object.assign(middleware, { crowdsec });
}

function factsOf(context: Context): RequestFacts {
  const { incoming } = (context.env ?? {}) as { readonly incoming?: IncomingMessage };
  if (incoming !== undefined) return nodeFacts(incoming);
  return {
    remoteAddress: undefined,
    method: context.req.method,
    path: context.req.path,
    headers: context.req.raw.headers,
  };
}
