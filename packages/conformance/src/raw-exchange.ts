import { once } from 'node:events';
import { connect } from 'node:net';
import type { RunningHost } from './host.js';

/** What a server answers to these pieces, sent one after the other, until it closes the connection; as latin1 text. */
export async function rawExchange(
  { port }: RunningHost,
  pieces: readonly (string | Buffer)[],
  afterFirst: (answer: string) => boolean = () => true,
): Promise<string> {
  const socket = connect(port, '127.0.0.1').on('error', () => undefined);
  const closed = once(socket, 'close');
  let answer = '';
  socket.setEncoding('latin1').on('data', (chunk: string) => (answer += chunk));
  const [first = '', ...others] = pieces;
  socket.write(first);
  while (!afterFirst(answer)) await Promise.race([once(socket, 'data'), closed]);
  for (const piece of others) socket.write(piece);
  await closed;
  return answer;
}

/** The statuses in the answers to several requests on one connection. */
export function statusesIn(answers: string): readonly number[] {
  return [...answers.matchAll(/HTTP\/1\.1 (\d{3}) /g)].map(([, status]) => Number(status));
}
