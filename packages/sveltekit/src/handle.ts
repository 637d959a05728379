import type { IncomingMessage } from 'node:http';
import process from 'node:process';
import {
  createCrowdsec,
  type Crowdsec,
  type CrowdsecOptions,
  type PassVerdict,
  type RequestFacts,
} from '@crowdsec-sdk/core';
import { hostedCrowdsec, nodeFacts, type Bouncer } from '@crowdsec-sdk/core/adapter';
import type { Handle, RequestEvent } from '@sveltejs/kit';

/** What the hook adds to `event.locals`: let `App.Locals` of `src/app.d.ts` extend it. */
export interface CrowdsecLocals {
  /** Who is calling, and what was found; `undefined` where nobody looked, such as while pages are prerendered. */
  crowdsec?: PassVerdict | undefined;
}

/** The hook `handle`, with the agent behind it: to report to, and to stop. */
export type CrowdsecHandle = Handle & { readonly crowdsec: Crowdsec };

export interface CrowdsecHandleOptions {
  /**
   * `false`: an agent that is made of options is not started, and every request passes. Say `!building` where pages are prerendered, and
   * `!building && !dev` where Vite's development server should not register machines. Default `true`.
   */
  readonly enabled?: boolean;
}

/**
 * The hook `handle` of SvelteKit: refuses clients that CrowdSec decided against. Put it first in a `sequence`.
 *
 * ```ts
 * export const handle = crowdsecHandle({ env: 'prod', trustedProxies: 'private' }, { enabled: !building });
 * ```
 *
 * An agent that is made of options is started at once, and stopped when the server of adapter-node has shut down; the first requests
 * wait until it has put to use what is stored.
 *
 * @param given the agent to use, or options to start one with
 * @throws CrowdsecError `CROWDSEC_OPTION_INVALID` with the path of the wrong option
 */
export function crowdsecHandle(
  given: CrowdsecOptions | Crowdsec,
  { enabled = true }: CrowdsecHandleOptions = {},
): CrowdsecHandle {
  if (!enabled) {
    const passEverybody: Handle = ({ event, resolve }) => resolve(event);
    return Object.assign(passEverybody, { crowdsec: 'bouncer' in given ? given : createCrowdsec(given) });
  }
  const { crowdsec, owned, started } = hostedCrowdsec(given);
  // What adapter-node emits once its last request was answered; Node's types know no events of others.
  if (owned) process.once('sveltekit:shutdown' as 'exit', () => void crowdsec.stop());
  let isStarted = !owned;
  void started.then(() => (isStarted = true));
  const guard = guardOf(crowdsec.bouncer);
  const handle: Handle = async (input) => {
    if (!isStarted) await started;
    return guard(input);
  };
  return Object.assign(handle, { crowdsec });
}

function guardOf(bouncer: Bouncer): Handle {
  return async ({ event, resolve }) => {
    const node = nodeRequest(event);
    const known = bouncer.verdicts.of(node ?? event.request);
    // Endpoints that a page fetches while it is rendered belong to the request for that page.
    if (known !== undefined || event.isSubRequest) {
      (event.locals as CrowdsecLocals).crowdsec = known;
      return event.isSubRequest ? resolve(event) : forClientOf(node, await resolve(event));
    }
    const facts = factsOf(event, node);
    const inspected = bouncer.inspect(facts);
    const verdict = inspected.settled === undefined ? inspected : await inspected.settled;
    const answered = bouncer.answering(facts, verdict);
    if (verdict.action === 'block') {
      answered?.(verdict.response.status);
      discardBody(event.request);
      return verdict.toResponse();
    }
    bouncer.verdicts.keep(node ?? event.request, verdict);
    (event.locals as CrowdsecLocals).crowdsec = verdict;
    try {
      const response = await resolve(event);
      answered?.(response.status);
      return forClientOf(node, response);
    } catch (error) {
      // Another hook of the sequence threw; `error()` and `redirect()` of SvelteKit throw what has a status.
      answered?.(statusOf(error));
      throw error;
    }
  };
}

/** Node's request, which adapter-node tells; `undefined` while pages are prerendered, in Vite's development server and with other adapters. */
function nodeRequest(event: RequestEvent): NodeRequest | undefined {
  const platform: { readonly req?: NodeRequest } | undefined = event.platform;
  return platform?.req;
}

type NodeRequest = IncomingMessage & {
  /** What a server that mounts SvelteKit has taken the mount off is kept here. */
  readonly originalUrl?: string;
};

/** SvelteKit's own address (`getClientAddress`, `ADDRESS_HEADER`) is not asked: whom to believe is said by `trustedProxies` alone. */
function factsOf({ request, url }: RequestEvent, node: NodeRequest | undefined): RequestFacts {
  if (node !== undefined) return { ...nodeFacts(node, node.originalUrl ?? node.url), webRequest: request };
  const { method, headers } = request;
  return { remoteAddress: undefined, method, path: url.pathname, headers, webRequest: request };
}

/**
 * A body for nobody is left out: SvelteKit cancels it, and one that has failed, such as that of an upload which its client did not finish,
 * rejects where nobody catches it, which ends the process.
 */
function forClientOf(node: NodeRequest | undefined, response: Response): Response {
  if (node?.socket.destroyed !== true || response.body === null) return response;
  response.body.cancel().catch(() => undefined);
  const { status, statusText, headers } = response;
  return new Response(null, { status, statusText, headers });
}

/** What is left of an upload that nobody reads would keep the connection from its next request: adapter-node has begun to read it. */
function discardBody({ body }: Request): void {
  if (body !== null && !body.locked) body.pipeTo(new WritableStream()).catch(() => undefined);
}

function statusOf(error: unknown): number {
  const status = typeof error === 'object' && error !== null && 'status' in error ? error.status : undefined;
  return typeof status === 'number' ? status : 500;
}
