import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Crowdsec, CrowdsecOptions, PassVerdict, RequestFacts } from '@crowdsec-sdk/core';
import {
  followAnswer,
  hostedCrowdsec,
  nodeFacts,
  type Bouncer,
  type SettledVerdict,
  type Verdict,
} from '@crowdsec-sdk/core/adapter';
import type { Context, MiddlewareHandler } from 'hono';

/** What the middleware adds to the context: `context.get('crowdsec')`. */
export interface CrowdsecEnv {
  Variables: {
    /** Who is calling, and what was found: in what comes after the middleware, and about a refused client in what comes before it. */
    crowdsec: SettledVerdict;
  };
}

declare module 'hono' {
  interface ContextVariableMap {
    /** @see CrowdsecEnv */
    crowdsec: SettledVerdict;
  }
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
  const { bouncer } = crowdsec;
  const middleware: MiddlewareHandler<CrowdsecEnv> = async (context, next) => {
    const { incoming, outgoing } = nodeBindings(context);
    const known = knownVerdict(bouncer, context.req.raw, incoming);
    if (known !== undefined) {
      context.set('crowdsec', known);
      return next();
    }
    const facts = incoming === undefined ? factsOf(context) : nodeFacts(incoming);
    const inspected = bouncer.inspect(facts);
    const verdict = inspected.settled === undefined ? inspected : await inspected.settled;
    const answered = follow(bouncer, facts, verdict, outgoing);
    context.set('crowdsec', verdict);
    if (verdict.action === 'pass') {
      keepVerdict(bouncer, verdict, context.req.raw, incoming);
      await next();
      answered?.(context.res.status);
      return;
    }
    answered?.(verdict.response.status);
    return verdict.toResponse();
  };
  return Object.assign(middleware, { crowdsec });
}

/** What an earlier guard of this agent was told, also one of an application that mounts this one (`app.mount`). */
function knownVerdict(
  { verdicts }: Bouncer,
  request: Request,
  incoming: IncomingMessage | undefined,
): PassVerdict | undefined {
  return verdicts.of(request) ?? (incoming && verdicts.of(incoming));
}

function keepVerdict(
  { verdicts }: Bouncer,
  verdict: PassVerdict,
  request: Request,
  incoming: IncomingMessage | undefined,
): void {
  verdicts.keep(request, verdict);
  // What is skipped is so for its path: requests that the application makes of it are looked at.
  if (incoming !== undefined && verdict.origin !== 'skipped') verdicts.keep(incoming, verdict);
}

/** To the end of the answer where that can be seen. Elsewhere the caller tells what it hands over. */
function follow(
  bouncer: Bouncer,
  facts: RequestFacts,
  verdict: Verdict,
  outgoing: ServerResponse | undefined,
): ((status: number) => void) | undefined {
  if (outgoing === undefined) return bouncer.answering(facts, verdict);
  followAnswer(bouncer, facts, verdict, outgoing);
  return undefined;
}

/** What `@hono/node-server` tells of the connection; no other host does. */
function nodeBindings({ env }: Context): { readonly incoming?: IncomingMessage; readonly outgoing?: ServerResponse } {
  return (env ?? {}) as ReturnType<typeof nodeBindings>;
}

function factsOf({ req }: Context): RequestFacts {
  const { method, path, raw } = req;
  return { remoteAddress: undefined, method, path, headers: raw.headers, webRequest: raw };
}
