import type { IncomingMessage } from 'node:http';
import type { Crowdsec, RequestFacts } from '@crowdsec-sdk/core';
import { followAnswer, isDisconnected, peerAddress, type SettledVerdict } from '@crowdsec-sdk/core/adapter';
import { servedRequest } from './served-request.js';

/** The verdict about the request that is served, asked for once, though the proxy and a route of it both ask. */
export async function inspectOnce({ bouncer }: Crowdsec, facts: RequestFacts): Promise<SettledVerdict> {
  const served = servedRequest();
  if (served?.verdict !== undefined) return served.verdict;
  const inspected = bouncer.inspect(
    served === undefined
      ? facts
      : { ...facts, disconnected: hasNoPeer(served.request), url: served.url, nodeRequest: served.request },
  );
  const verdict = inspected.settled === undefined ? inspected : await inspected.settled;
  if (served === undefined) return verdict;
  followAnswer(bouncer, facts, verdict, served.response);
  return (served.verdict = verdict);
}

/** Next hands out no address, but the connection below it may be over: then nobody is there to be answered. */
function hasNoPeer({ socket }: IncomingMessage): boolean {
  return peerAddress(socket) === undefined && isDisconnected(socket);
}
