import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import type { RunningHost } from './host.js';

/**
 * Sends bytes and resets the connection in the same moment, as `SO_LINGER` of zero does: the server reads what was sent
 * from a connection that has no peer any more.
 */
export async function resetConnection({ port }: RunningHost, bytes: string, tls: boolean): Promise<void> {
  const raw = connect(port, '127.0.0.1').on('error', () => undefined);
  const closed = once(raw, 'close');
  await once(raw, 'connect');
  const socket: Socket = tls ? connectTls({ socket: raw, rejectUnauthorized: false }) : raw;
  socket.on('error', () => undefined);
  if (tls) await once(socket, 'secureConnect');
  socket.write(bytes, () => raw.resetAndDestroy());
  await closed;
}
