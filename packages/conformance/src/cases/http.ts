import { randomBytes } from 'node:crypto';
import { Agent, request as httpRequest } from 'node:http';
import type { Socket } from 'node:net';
import { expect, it } from 'vitest';
import type { Subject } from '../suite.js';
import { echoed, visit } from '../visit.js';
import { BANNED, CLEAN } from '../test-environment.js';

/** HTTP stays what it was for those who get in, and sound for those who do not. */
export function httpCases({ environment }: Subject): void {
  it('answers HEAD with the head of the refusal, and of the page', async () => {
    const running = await environment().host();
    const refused = await visit(running, BANNED, '/hello', 'head').expect(403);
    expect(refused.text).toBeFalsy();
    expect(refused.headers['cache-control']).toBe('no-store');
    const passed = await visit(running, CLEAN, '/hello', 'head').expect(200);
    expect(passed.headers['x-app']).toBe('hello');
  });

  it('refuses OPTIONS, and leaves it to the application otherwise', async () => {
    const running = await environment().host();
    await visit(running, BANNED, '/hello', 'options').expect(403);
    const { status } = await visit(running, CLEAN, '/hello', 'options');
    expect(status).not.toBe(403);
    expect(status).toBeLessThan(500);
  });

  it('leaves unknown routes, HTTP errors and exceptions to the framework', async () => {
    const running = await environment().host();
    await visit(running, CLEAN, '/nothing-here').expect(404);
    await visit(running, CLEAN, '/teapot')
      .expect(418)
      .expect(/teapot/);
    await visit(running, CLEAN, '/boom').expect(500);
    for (const path of ['/nothing-here', '/teapot', '/boom']) await visit(running, BANNED, path).expect(403);
  });

  it('lets an answer stream as it is written', async () => {
    const { port } = await environment().host();
    const pieces: string[] = [];
    await new Promise<void>((resolve, reject) => {
      const request = httpRequest(
        { port, host: '127.0.0.1', path: '/stream', headers: { 'x-forwarded-for': CLEAN } },
        (response) => {
          response.on('data', (chunk: Buffer) => pieces.push(chunk.toString()));
          response.on('end', resolve);
        },
      );
      request.on('error', reject).end();
    });
    // What was gathered somewhere would come in one piece; how far apart they are is the machine's business.
    expect(pieces.filter((piece) => piece !== '')).toEqual(['one\n', 'two\n']);
  });

  it('leaves the body of a request untouched', async () => {
    const body = randomBytes(1 << 20);
    expect(body.equals(await echoed(await environment().host(), CLEAN, body))).toBe(true);
  });

  it('keeps a connection usable through refusals, of uploads too', async () => {
    const { port } = await environment().host();
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    const sockets = new Set<Socket>();
    const send = (visitor: string, method: string, body = ''): Promise<number> =>
      new Promise((resolve, reject) => {
        const headers = { 'x-forwarded-for': visitor, 'content-length': body.length };
        const request = httpRequest({ port, host: '127.0.0.1', path: '/hello', method, agent, headers }, (response) => {
          response.resume().on('end', () => resolve(response.statusCode ?? 0));
        });
        request
          .on('socket', (socket) => sockets.add(socket))
          .on('error', reject)
          .end(body);
      });
    for (let i = 0; i < 10; i++) {
      expect(await send(CLEAN, 'GET')).toBe(200);
      expect(await send(BANNED, 'GET')).toBe(403);
      expect(await send(BANNED, 'POST', 'x'.repeat(4_000))).toBe(403);
    }
    agent.destroy();
    expect(sockets.size).toBe(1);
  });

  it('answers 1,000 concurrent requests, each its own way', async () => {
    const { port } = await environment().host();
    const agent = new Agent({ keepAlive: true });
    const statuses = await Promise.all(
      Array.from({ length: 1_000 }, (_, i) => statusOf(port, agent, i % 2 === 0 ? BANNED : `198.51.100.${i % 250}`)),
    );
    agent.destroy();
    expect(statuses.filter((status, i) => status !== (i % 2 === 0 ? 403 : 200))).toEqual([]);
  }, 30_000);
}

function statusOf(port: number, agent: Agent, visitor: string): Promise<number> {
  return new Promise((resolve, reject) => {
    const request = httpRequest(
      { port, host: '127.0.0.1', path: '/hello', agent, headers: { 'x-forwarded-for': visitor } },
      (response) => {
        response.resume().on('end', () => resolve(response.statusCode ?? 0));
      },
    );
    request.on('error', reject).end();
  });
}
