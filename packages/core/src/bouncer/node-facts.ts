import type { IncomingMessage } from 'node:http';
import { isDisconnected, peerAddress, type PeerSocket } from './peer-address.js';
import type { RequestFacts } from './verdict.js';

/**
 * The facts of a request of `node:http`, for adapters whose host is built on it. The address is that of the connection:
 * what a framework says (`request.ip`) depends on its own trust in proxies, which the SDK never takes over.
 *
 * @param url as it arrived, where a router has rewritten `request.url`
 */
export function nodeFacts(
  request: Pick<IncomingMessage, 'method' | 'url' | 'headers'> & { readonly socket: PeerSocket },
  url: string = request.url ?? '/',
): RequestFacts {
  const { socket } = request;
  const queryAt = url.indexOf('?');
  const remoteAddress = peerAddress(socket);
  return {
    remoteAddress,
    disconnected: remoteAddress === undefined && isDisconnected(socket),
    method: request.method ?? 'GET',
    path: queryAt === -1 ? url : url.slice(0, queryAt),
    headers: request.headers,
  };
}
