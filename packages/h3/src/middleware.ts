import type { Crowdsec, CrowdsecOptions, PassVerdict, RequestFacts } from '@crowdsec-sdk/core';
import {
  followAnswer,
  hostedCrowdsec,
  nodeFacts,
  nodeHeaders,
  type Bouncer,
  type BlockVerdict,
  type SettledVerdict,
} from '@crowdsec-sdk/core/adapter';
import type { H3EventContext } from 'h3';
import { answersByResponse, nodePair, type CrowdsecEvent, type NodePair } from './event.js';

declare module 'h3' {
  interface H3EventContext {
    /** Who is calling, and what CrowdSec found; `undefined` where the middleware was not asked. */
    crowdsec?: PassVerdict;
  }
}

/** What the middleware adds to the context of an event. */
export type CrowdsecEventContext = Pick<H3EventContext, 'crowdsec'>;

/** A middleware of h3, with the agent behind it: to report to, and to stop. */
export interface CrowdsecMiddleware {
  /** @returns nothing when the request may pass, a `Response` of h3 2 when it may not; a promise where something had to be waited for */
  (event: CrowdsecEvent, next?: unknown): Response | undefined | Promise<Response | undefined>;
  readonly crowdsec: Crowdsec;
}

/**
 * Refuses clients that CrowdSec decided against; use it before anything else.
 *
 * ```ts
 * app.use(crowdsecMiddleware({ env: 'prod', scenarios: ['acme/login-bruteforce'], trustedProxies: 'private' }));
 * ```
 *
 * @param given the agent to use, or options to start one with; h3 has no hook to stop it: call
 * `middleware.crowdsec.stop()`
 * @throws CrowdsecError `CROWDSEC_OPTION_INVALID` with the path of the wrong option
 */
export function crowdsecMiddleware(given: CrowdsecOptions | Crowdsec): CrowdsecMiddleware {
  const { crowdsec } = hostedCrowdsec(given);
  const { bouncer } = crowdsec;
  // It names `next` and leaves it alone: `toMiddleware` of h3 2 takes a 404 of a function with one parameter for a request to be handed on.
  const middleware = (event: CrowdsecEvent, _next?: unknown): ReturnType<CrowdsecMiddleware> => {
    const node = nodePair(event);
    const known = knownVerdict(bouncer, event, node);
    if (known !== undefined) {
      (event.context as CrowdsecEventContext).crowdsec = known;
      return undefined;
    }
    const facts = node === undefined ? webFacts(event.req as Request) : nodeFacts(node.req, urlAsItArrived(node));
    const follow = (verdict: SettledVerdict): Response | undefined => {
      if (node?.res !== undefined) followAnswer(bouncer, facts, verdict, node.res);
      // Where nobody sees answers go out, refusals alone are known.
      else if (verdict.action === 'block') bouncer.answering(facts, verdict)?.(verdict.response.status);
      if (verdict.action === 'block') return refuse(event, node, verdict);
      keepVerdict(bouncer, event, node, verdict);
      return undefined;
    };
    const verdict = bouncer.inspect(facts);
    return verdict.settled === undefined ? follow(verdict) : verdict.settled.then(follow);
  };
  // h3 1 knows its handlers by a mark.
  return Object.assign(middleware, { crowdsec, __is_handler__: true as const });
}

/** What an earlier guard of this agent was told, also about the request for which the application makes this one itself. */
function knownVerdict(
  { verdicts }: Bouncer,
  { context }: CrowdsecEvent,
  node: NodePair | undefined,
): PassVerdict | undefined {
  const outer = node?.req.__unenv__;
  return verdicts.of(context) ?? (node && verdicts.of(node.req)) ?? (outer && verdicts.of(outer));
}

function keepVerdict(
  { verdicts }: Bouncer,
  { context }: CrowdsecEvent,
  node: NodePair | undefined,
  verdict: PassVerdict,
): void {
  (context as CrowdsecEventContext).crowdsec = verdict;
  if (node !== undefined) verdicts.keep(node.req, verdict);
  // What is skipped is so for its path: requests that the application makes of it are looked at.
  if (verdict.origin !== 'skipped') verdicts.keep(context, verdict);
}

function refuse(event: CrowdsecEvent, node: NodePair | undefined, verdict: BlockVerdict): Response | undefined {
  if (node?.res === undefined || answersByResponse(event)) return verdict.toResponse();
  const { status, body } = verdict.response;
  // While a remedy took its time, a time-out of the application may have answered.
  if (!node.res.headersSent) node.res.writeHead(status, nodeHeaders(verdict.response)).end(body);
  return undefined;
}

function urlAsItArrived({ req }: NodePair): string | undefined {
  return req.originalUrl ?? req.url;
}

function webFacts(request: Request): RequestFacts {
  const { method, url, headers } = request;
  const { pathname } = new URL(url);
  return { remoteAddress: undefined, method, path: pathname, headers, webRequest: request };
}
