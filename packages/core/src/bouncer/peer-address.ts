import { Socket } from 'node:net';

/** What is read of the connection of a request. */
export interface PeerSocket {
  readonly remoteAddress?: string | undefined;
  readonly destroyed?: boolean | undefined;
  /** Of a TLS connection. */
  readonly encrypted?: boolean | undefined;
}

/** The other end of a Unix socket is a process on this host, so it counts as loopback. */
const UNIX_SOCKET_PEER = '127.0.0.1';

/**
 * The address of the peer of a connection; that of a Unix socket counts as `127.0.0.1`. `undefined` when the connection
 * has no peer any more, and for sockets that a host made up and gave no address.
 *
 * Node asks the kernel once for each connection and keeps what it is told.
 */
export function peerAddress(socket: PeerSocket): string | undefined {
  return socket.remoteAddress ?? (isUnixSocket(socket) ? UNIX_SOCKET_PEER : undefined);
}

/**
 * Whether a connection whose peer has no address is over: the kernel knows no peer of a TCP connection that was reset,
 * and a session of HTTP/2 that has ended has no connection. Nobody can be answered there. A socket that was never connected
 * is one that a host made up, as bridges between functions in a cloud and `node:http` do.
 */
export function isDisconnected(socket: PeerSocket): boolean {
  return socket.destroyed === true || (socket instanceof Socket && !socket.pending);
}

/**
 * By what the kernel's handle can do: only connections of a network know how to ask for a peer. After the handle is
 * gone, by the server that accepted the connection. What can't be proved to be a Unix socket is none: it would be trusted.
 */
function isUnixSocket(socket: PeerSocket): boolean {
  if (!(socket instanceof Socket)) return false;
  const { _handle: handle, server } = socket as Socket & NodeInternals;
  if (handle === undefined || handle === null) return typeof server?.address?.() === 'string';
  // TLS wraps the handle of the connection below it.
  const below = handle._parent ?? handle;
  return below.constructor.name === 'Pipe' && !('getpeername' in below);
}

/** What sockets of Node hold beside what its documentation names. */
interface NodeInternals {
  readonly _handle?: (object & { readonly _parent?: object }) | null;
  /** The server of `node:http` that the connection came in by. */
  readonly server?: { address?(): unknown };
}
