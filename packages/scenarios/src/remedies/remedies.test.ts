import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { cidrs, createCrowdsec, silentLogger, type Remedy } from '@crowdsec-sdk/core';
import type { Extension } from '@crowdsec-sdk/core/extension';
import { manualTime, type ManualTime } from '@crowdsec-sdk/core/testing';
import { crowdsecMiddleware } from '@crowdsec-sdk/express';
import { startSandbox } from '@crowdsec-sdk/sandbox';
import express from 'express';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { redirect } from './redirect.js';
import { tarpit } from './tarpit.js';

const VISITOR = '203.0.113.7';
const CULPRIT = '198.51.100.7';

let server: Server;
let time: ManualTime;
let cleanUp: (() => unknown)[];

beforeEach(() => {
  time = manualTime();
  cleanUp = [];
});

afterEach(async () => {
  for (const run of cleanUp.reverse()) await run();
});

/** An Express application whose list of culprits is met with this remedy; both are contributed by one extension. */
async function serve(remedy: Remedy): Promise<void> {
  const extension: Extension = {
    name: 'acme.example',
    apiVersion: 1,
    sources: [cidrs(['198.51.100.0/24'], { type: 'example' })],
    remedies: { example: remedy },
  };
  const sandbox = await startSandbox();
  const crowdsec = createCrowdsec({
    apiUrl: sandbox.url,
    ephemeral: true,
    remediations: ['ban', 'example'],
    extensions: [extension],
    trustedProxies: 'loopback',
    logger: silentLogger,
  });
  await crowdsec.start();
  const app = express();
  app.use(crowdsecMiddleware(crowdsec));
  app.use((request, response) => void response.send(`page ${request.path}`));
  server = createServer(app).listen(0, '127.0.0.1');
  cleanUp.push(
    () => sandbox.stop(),
    () => crowdsec.stop({ deadlineMs: 0 }),
    () => server.close().closeAllConnections(),
  );
  await once(server, 'listening');
}

function get(path: string, ip = CULPRIT): Promise<Response> {
  const { port } = server.address() as AddressInfo;
  return fetch(`http://127.0.0.1:${port}${path}`, { headers: { 'x-forwarded-for': ip }, redirect: 'manual' });
}

describe('redirect', () => {
  it('sends those whom it is for elsewhere, and nobody else', async () => {
    await serve(redirect({ to: 'https://shop.example/sorry' }));
    const answer = await get('/cart?id=1');
    expect([answer.status, answer.headers.get('location')]).toEqual([303, 'https://shop.example/sorry']);
    expect(answer.headers.get('cache-control')).toBe('no-store');
    expect(await (await get('/cart', VISITOR)).text()).toBe('page /cart');
  });

  it('lets through the page that it sends to, and so never loops', async () => {
    await serve(redirect({ to: '/sorry?why=list' }));
    const answer = await get('/cart');
    const location = answer.headers.get('location')!;
    expect([answer.status, location]).toEqual([303, '/sorry?why=list']);
    expect(await (await get(location)).text()).toBe('page /sorry');
    for (const path of ['/sorry/', '/sorry.', '/sorr%79', '//sorry', '/SORRY']) {
      expect([path, (await get(path)).status]).toEqual([path, 303]);
    }
  });

  it.each(['', 'sorry', '//evil.example', '/\\evil.example', 'ftp://shop.example', '/a b', '/a\r\nset-cookie: x'])(
    'refuses the target %j when it is built',
    (to) => {
      const wrong = { code: 'CROWDSEC_OPTION_INVALID', path: 'options.to' };
      expect(() => redirect({ to })).toThrow(expect.objectContaining(wrong));
    },
  );
});

describe('tarpit', () => {
  it('lets a client wait and then refuses it, while others are served', async () => {
    await serve(tarpit({ delayMs: 5_000, scheduler: time.scheduler }));
    let answered = false;
    const slow = get('/').finally(() => (answered = true));
    await until(() => time.pending().length === 1);
    expect((await get('/', VISITOR)).status).toBe(200);
    await time.advance(4_999);
    expect((await get('/', VISITOR)).status).toBe(200);
    expect(answered).toBe(false);
    await time.advance(1);
    expect((await slow).status).toBe(403);
  });

  it('refuses at once when enough wait, and takes the next ones once there is room', async () => {
    await serve(tarpit({ delayMs: 5_000, maxWaiting: 2, scheduler: time.scheduler }));
    const slow = [get('/'), get('/')];
    await until(() => time.pending().length === 2);
    expect((await get('/')).status).toBe(403);
    await time.advance(5_000);
    expect((await Promise.all(slow)).map(({ status }) => status)).toEqual([403, 403]);
    const next = get('/');
    await until(() => time.pending().length === 1);
    await time.advance(5_000);
    expect((await next).status).toBe(403);
  });

  it('answers what it is told to in the end', async () => {
    await serve(tarpit({ delayMs: 1, answer: redirect({ to: 'https://shop.example/' }) }));
    expect((await get('/')).status).toBe(303);
  });

  it.each([
    [{ delayMs: 0 }, 'options.delayMs'],
    [{ delayMs: 30_000 }, 'options.delayMs'],
    [{ maxWaiting: 1.5 }, 'options.maxWaiting'],
  ])('refuses wrong options when it is built: %j', (options, path) => {
    expect(() => tarpit(options)).toThrow(expect.objectContaining({ code: 'CROWDSEC_OPTION_INVALID', path }));
  });
});

/** Waits for what happens by itself. */
async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((resolve) => setImmediate(resolve));
}
