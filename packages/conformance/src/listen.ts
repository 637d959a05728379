import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createServer as createTlsServer } from 'node:tls';
import { CERTIFICATE } from './certificate.js';
import type { HostOptions } from './host.js';

/** Has a server listen where the suite wants it to. */
export async function listen(server: Server, { hostname, socketPath }: HostOptions): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    if (socketPath === undefined) server.listen(0, hostname, resolve);
    else server.listen(socketPath, resolve);
  });
}

/** The port of a server that listens; 0 on a Unix socket. */
export function portOf(server: Server): number {
  const address = server.address();
  return typeof address === 'object' && address !== null ? address.port : 0;
}

/**
 * Has a server of `node:http` serve TLS too, on a port of its own, by what `https.Server` does: it is handed the
 * decrypted connections.
 */
export async function listenByTls(server: Server, hostname: string): Promise<{ port: number; close(): void }> {
  const front = createTlsServer(CERTIFICATE, (socket) => {
    socket.on('error', () => undefined);
    server.emit('connection', socket);
  });
  front.on('tlsClientError', () => undefined);
  await new Promise<void>((resolve, reject) => front.once('error', reject).listen(0, hostname, resolve));
  return { port: (front.address() as AddressInfo).port, close: () => void front.close() };
}
