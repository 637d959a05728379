import type { IncomingMessage, ServerResponse } from 'node:http';
import type { BouncerResponse, PassVerdict } from '@crowdsec-sdk/core';
import { followAnswer, nodeFacts, nodeHeaders, type Bouncer, type SettledVerdict } from '@crowdsec-sdk/core/adapter';

/**
 * Refuses the request, or hands it on with the verdict about it.
 *
 * @returns what `pass` returns; a promise of it while AppSec or a remedy is waited for, which rejects if `pass` throws
 */
export function guardRequest(
  bouncer: Bouncer,
  request: IncomingMessage,
  response: ServerResponse,
  pass: (verdict: PassVerdict) => unknown,
): unknown {
  const known = bouncer.verdicts.of(request);
  if (known !== undefined) return pass(known);
  const facts = nodeFacts(request, urlAsItArrived(request));
  const follow = (verdict: SettledVerdict): unknown => {
    followAnswer(bouncer, facts, verdict, response);
    if (verdict.action === 'block') return refuse(response, verdict.response);
    bouncer.verdicts.keep(request, verdict);
    return pass(verdict);
  };
  const verdict = bouncer.inspect(facts);
  return verdict.settled === undefined ? follow(verdict) : verdict.settled.then(follow);
}

/** Connect, Express and Polka take the mount off the URL of a mounted application and keep the whole beside it. */
function urlAsItArrived(request: IncomingMessage & { readonly originalUrl?: string }): string | undefined {
  return request.originalUrl ?? request.url;
}

function refuse(response: ServerResponse, answer: BouncerResponse): void {
  // While a remedy took its time, a time-out of the application may have answered.
  if (response.headersSent) return;
  response.writeHead(answer.status, nodeHeaders(answer)).end(answer.body);
}
