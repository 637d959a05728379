import { once } from 'node:events';
import { request as httpRequest, type IncomingMessage } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { text } from 'node:stream/consumers';
import { CLEAN, type PlacedHost } from './test-environment.js';

export interface Question {
  readonly method?: string;
  /** Who the proxy says is calling; {@link CLEAN} by default. */
  readonly visitor?: string;
  readonly tls?: boolean;
}

export interface Answer {
  readonly status: number;
  readonly text: string;
}

/** What a host answers by its Unix socket, by TLS or by TCP, on a connection for this request alone. */
export async function ask(
  { port, socketPath }: PlacedHost,
  path: string,
  { method = 'GET', visitor = CLEAN, tls = false }: Question = {},
): Promise<Answer> {
  const headers = { 'x-forwarded-for': visitor, connection: 'close' };
  const where = socketPath === undefined ? { host: '127.0.0.1', port } : { socketPath };
  const request = tls
    ? httpsRequest({ ...where, path, method, headers, rejectUnauthorized: false })
    : httpRequest({ ...where, path, method, headers });
  const [answer] = (await once(request.end(), 'response')) as [IncomingMessage];
  return { status: answer.statusCode ?? 0, text: await text(answer) };
}
