import type { Crowdsec, CrowdsecOptions } from '@crowdsec-sdk/core';
import { NextResponse, type NextFetchEvent, type NextRequest } from 'next/server.js';
import { requestFacts } from './facts.js';
import { inspectOnce } from './inspect-once.js';
import { isBuilding, shareCrowdsec } from './shared.js';

/** What Next calls before it routes: `proxy` in Next 16, `middleware` in Next 15. */
export type Proxy = (request: NextRequest, event: NextFetchEvent) => ProxyResult | Promise<ProxyResult>;

type ProxyResult = Response | null | undefined;

/** A proxy that always answers, with the agent behind it. */
export type CrowdsecProxy = ((request: NextRequest, event: NextFetchEvent) => Promise<Response>) & {
  readonly crowdsec: Crowdsec;
};

/**
 * Refuses clients that CrowdSec decided against, before Next routes. In Next 16, as `proxy.ts`:
 *
 * ```ts
 * export const proxy = createCrowdsecProxy({ env: 'prod', scenarios: ['acme/login-bruteforce'], trustedProxies: 1 });
 * export const config = {
 *   matcher: [
 *     { source: '/', locale: false },
 *     { source: '/((?!_next/static|_next/image).*)', locale: false },
 *   ],
 * };
 * ```
 *
 * In Next 15, the same as `middleware` in `middleware.ts`, with `runtime: 'nodejs'` in its `config`.
 *
 * @param given the agent to use, or options for one; there is one in a process, and who makes it first decides. It
 * starts at once
 * @param next your own proxy, for those who get in
 * @throws CrowdsecError `CROWDSEC_OPTION_INVALID` for a wrong option, and without a rule that tells the client
 */
export function createCrowdsecProxy(given: CrowdsecOptions | Crowdsec, next?: Proxy): CrowdsecProxy {
  const crowdsec = shareCrowdsec(given);
  // Where instrumentation.ts has started it already, this changes nothing.
  if (!isBuilding()) crowdsec.start().catch((error: unknown) => console.error('[crowdsec]', error));
  const proxy = async (request: NextRequest, event: NextFetchEvent): Promise<Response> => {
    const verdict = await inspectOnce(crowdsec, requestFacts(request));
    if (verdict.action === 'block') return verdict.toResponse();
    return (await next?.(request, event)) ?? NextResponse.next();
  };
  return Object.assign(proxy, { crowdsec });
}
