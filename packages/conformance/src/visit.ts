import request, { type Test } from 'supertest';
import type { RunningHost } from './host.js';

export type Method = 'get' | 'head' | 'options' | 'post';

/** A request of somebody, as the proxy on this machine hands it on. */
export function visit(
  running: Pick<RunningHost, 'port'>,
  visitor: string | undefined,
  path = '/hello',
  method: Method = 'get',
  hostname = '127.0.0.1',
): Test {
  const test = request(`http://${hostname}:${running.port}`)[method](path);
  return visitor === undefined ? test : test.set('x-forwarded-for', visitor);
}

/** Who the application behind the adapter believes is calling. */
export interface Caller {
  readonly ip: string | null;
  readonly remediation: string;
  readonly origin: string;
}

export async function whoami(
  running: RunningHost,
  headers: Readonly<Record<string, string>> = {},
  hostname = '127.0.0.1',
): Promise<Caller> {
  const answer = await visit(running, undefined, '/whoami', 'get', hostname).set(headers).expect(200);
  return answer.body as Caller;
}

/** What the application has of a body that somebody sends it, as it echoes it. */
export async function echoed(running: RunningHost, visitor: string, body: Buffer): Promise<Buffer> {
  const answer = await visit(running, visitor, '/echo', 'post')
    .set('content-type', 'application/octet-stream')
    .buffer(true)
    .parse((response, done) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('end', () => done(null, Buffer.concat(chunks)));
    })
    .send(body)
    .expect(200);
  return answer.body as Buffer;
}
