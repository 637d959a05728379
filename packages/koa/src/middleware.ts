import type { Crowdsec, CrowdsecOptions } from '@crowdsec-sdk/core';
import { followAnswer, hostedCrowdsec, nodeFacts, nodeHeaders, type SettledVerdict } from '@crowdsec-sdk/core/adapter';
import type { Middleware } from 'koa';

/** What the middleware adds to `ctx.state`. */
export interface CrowdsecState {
  /** Who is calling, and what was found: in what comes after the middleware, and about a refused client in what comes before it. */
  crowdsec: SettledVerdict;
}

declare module 'koa' {
  interface DefaultState {
    /** @see CrowdsecState */
    crowdsec: SettledVerdict;
  }
}

/** The middleware, with the agent behind it: to report to, and to stop. */
export type CrowdsecMiddleware = Middleware<CrowdsecState> & { readonly crowdsec: Crowdsec };

/**
 * Refuses clients that CrowdSec decided against; use it before anything else.
 *
 * ```ts
 * app.use(crowdsecMiddleware({ env: 'prod', scenarios: ['acme/login-bruteforce'], trustedProxies: 'private' }));
 * ```
 *
 * @param given the agent to use, or options to start one with; Koa has no hook to stop it: call
 * `middleware.crowdsec.stop()`
 * @throws CrowdsecError `CROWDSEC_OPTION_INVALID` with the path of the wrong option
 */
export function crowdsecMiddleware(given: CrowdsecOptions | Crowdsec): CrowdsecMiddleware {
  const { crowdsec } = hostedCrowdsec(given);
  const { bouncer } = crowdsec;
  const middleware: Middleware<CrowdsecState> = async (context, next) => {
    const known = bouncer.verdicts.of(context.req);
    if (known !== undefined) {
      context.state.crowdsec = known;
      await next();
      return;
    }
    const facts = nodeFacts(context.req, context.originalUrl);
    const inspected = bouncer.inspect(facts);
    const verdict = inspected.settled === undefined ? inspected : await inspected.settled;
    followAnswer(bouncer, facts, verdict, context.res);
    context.state.crowdsec = verdict;
    if (verdict.action === 'pass') {
      bouncer.verdicts.keep(context.req, verdict);
      await next();
      return;
    }
    const { status, body } = verdict.response;
    context.status = status;
    context.set(nodeHeaders(verdict.response));
    context.body = body;
  };
  return Object.assign(middleware, { crowdsec });
}
