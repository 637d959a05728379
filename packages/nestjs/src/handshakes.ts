import type { IncomingMessage } from 'node:http';
import type { RequestFacts } from '@crowdsec-sdk/core';
import { nodeFacts } from '@crowdsec-sdk/core/adapter';

const handshakes = new WeakMap<object, RequestFacts>();

/**
 * Keeps the request by which a client of a gateway connected: a plain WebSocket (`WsAdapter`) does not know it itself. Socket.IO does.
 *
 * ```ts
 * handleConnection(client: WebSocket, request: IncomingMessage): void {
 *   rememberHandshake(client, request);
 * }
 * ```
 */
export function rememberHandshake(client: object, request: IncomingMessage): void {
  handshakes.set(client, nodeFacts(request));
}

/** The facts of the request by which a client connected; `undefined` for one that nobody remembered. */
export function handshakeFacts(client: object): RequestFacts | undefined {
  const known = handshakes.get(client);
  if (known !== undefined) return known;
  const { handshake, request } = client as SocketIoClient;
  if (handshake === undefined) return undefined;
  const { address, url, headers } = handshake;
  // Where there is no address, only the connection tells whether it was reset or comes in by a Unix socket.
  const socket = address === undefined && request !== undefined ? request.socket : { remoteAddress: address };
  return { ...nodeFacts({ method: 'GET', url, headers, socket }), nodeRequest: request ?? handshake };
}

/** A socket of Socket.IO. */
interface SocketIoClient {
  readonly handshake?: SocketIoHandshake;
  /** The request that the connection began with. */
  readonly request?: IncomingMessage;
}

/** What a socket of Socket.IO tells of its beginning. */
interface SocketIoHandshake {
  readonly address?: string;
  readonly url: string;
  readonly headers: IncomingMessage['headers'];
}
