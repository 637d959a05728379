import { once } from 'node:events';
import { connect } from 'node:net';
import type { RunningHost } from './host.js';

/** The status line's number that a server answers to exactly these header lines; 0 if it just hangs up. */
export async function rawRequest(running: RunningHost, lines: readonly string[], target = '/hello'): Promise<number> {
  const socket = connect(running.port, '127.0.0.1');
  const text = [`GET ${target} HTTP/1.1`, 'host: localhost', 'connection: close', ...lines, '', ''].join('\r\n');
  socket.write(Buffer.from(text, 'latin1'));
  let answer = '';
  socket.setEncoding('latin1');
  socket.on('data', (chunk: string) => (answer += chunk));
  socket.on('error', () => undefined);
  await once(socket, 'close');
  return Number(/^HTTP\/1\.1 (\d{3})/.exec(answer)?.[1] ?? 0);
}
