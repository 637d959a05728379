import type { IncomingMessage } from 'node:http';
import { isDisconnected, peerAddress, type PeerSocket } from './peer-address.js';
import { isReshaped } from './reshaped.js';
import type { RequestFacts } from './verdict.js';

/** What is read of a request of `node:http`. */
type NodeRequest = Pick<IncomingMessage, 'method' | 'headers'> & { readonly socket: PeerSocket };

/**
 * The facts of a request of `node:http`, for adapters whose host is built on it. The address is that of the connection:
 * what a framework says (`request.ip`) depends on its own trust in proxies, which the SDK never takes over.
 *
 * @param url as it arrived, where a router has rewritten `request.url`
 */
export function nodeFacts(
  request: NodeRequest & Pick<IncomingMessage, 'url'>,
  url: string = request.url ?? '/',
): RequestFacts {
  const { socket, method = 'GET', headers } = isReshaped(request) ? withoutCaches(request) : request;
  const queryAt = url.indexOf('?');
  const remoteAddress = peerAddress(socket);
  return {
    remoteAddress,
    disconnected: remoteAddress === undefined && isDisconnected(socket),
    secure: socket.encrypted === true,
    method,
    path: queryAt === -1 ? url : url.slice(0, queryAt),
    headers,
    url,
    nodeRequest: request,
  };
}

/** The same, read in the way that is quicker for requests of Express. */
function withoutCaches(request: NodeRequest): NodeRequest {
  return {
    socket: Reflect.get(request, 'socket'),
    method: Reflect.get(request, 'method'),
    headers: Reflect.get(request, 'headers'),
  };
}
