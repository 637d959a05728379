import { CrowdsecError, type PassVerdict } from '@crowdsec-sdk/core';
import type { BlockVerdict } from '@crowdsec-sdk/core/adapter';
import { headers } from 'next/headers.js';
import { requestFacts } from './facts.js';
import { inspectOnce } from './inspect-once.js';
import { getCrowdsec, isBuilding } from './shared.js';

/** What a guarded route handler finds in its context, beside `params`. */
export interface CrowdsecContext {
  /** Who is calling, and what was found. */
  readonly crowdsec: PassVerdict;
}

/** What a guarded server action throws for a client that is refused; an `error.tsx` boundary shows it. */
export class CrowdsecBlockedError extends Error {
  readonly verdict: BlockVerdict;

  constructor(verdict: BlockVerdict) {
    super('Access denied');
    this.name = 'CrowdsecBlockedError';
    this.verdict = verdict;
  }
}

/** What Next hands to a route handler. */
export interface RouteContext {
  readonly params: Promise<Record<string, string | string[] | undefined>>;
}

type RouteHandler<Context> = (request: Request, context: Context & CrowdsecContext) => Response | Promise<Response>;

/**
 * Guards a route handler, or a server action, that no proxy guards:
 *
 * ```ts
 * export const GET = withCrowdsec((request, { crowdsec }) => Response.json({ you: crowdsec.ip }));
 * // in a file of server actions
 * export const save = withCrowdsec(async (form: FormData) => { … });
 * ```
 *
 * It works with the agent that `registerCrowdsec` or `createCrowdsecProxy` has made. What the proxy has judged already
 * is not judged again. What it guards is not prerendered: it runs when somebody calls.
 */
export function withCrowdsec<Context = RouteContext>(
  handler: RouteHandler<Context>,
): (request: Request, context: Context) => Promise<Response>;
export function withCrowdsec<Args extends unknown[], Result>(
  action: (...args: Args) => Promise<Result>,
): (...args: Args) => Promise<Result>;
export function withCrowdsec(guarded: (...args: never[]) => unknown) {
  return async (...args: never[]): Promise<unknown> => {
    const [request, context] = args as readonly unknown[];
    if (request instanceof Request) {
      // Before the agent is asked for: `next build` calls handlers of GET, and stops them where they read the request. There is no agent
      // then, and the route becomes one that is not prerendered.
      const facts = requestFacts(request);
      refuseToPrerender();
      const verdict = await inspectOnce(getCrowdsec(), facts);
      return verdict.action === 'block'
        ? verdict.toResponse()
        : (guarded as RouteHandler<object>)(request, { ...(context as object), crowdsec: verdict });
    }
    const facts = { remoteAddress: undefined, method: 'POST', path: '', headers: await headers() };
    refuseToPrerender();
    const verdict = await inspectOnce(getCrowdsec(), facts);
    if (verdict.action === 'block') throw new CrowdsecBlockedError(verdict);
    return guarded(...args);
  };
}

/**
 * `next build` stops a handler where it reads the request, unless the route is made static by force: then nobody is calling.
 *
 * @throws CrowdsecError `CROWDSEC_OPTION_INVALID` during a build
 */
function refuseToPrerender(): void {
  if (!isBuilding()) return;
  throw new CrowdsecError(
    'CROWDSEC_OPTION_INVALID',
    "withCrowdsec() guards what runs on each request, and this route is prerendered: remove `dynamic = 'force-static'`, or let proxy.ts guard it.",
  );
}
