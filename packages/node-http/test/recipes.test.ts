import { once, type EventEmitter } from 'node:events';
import { createServer } from 'node:http';
import type { PassVerdict } from '@crowdsec-sdk/core';
import { server as hapiServer } from '@hapi/hapi';
import { createTRPCClient, httpLink, TRPCClientError } from '@trpc/client';
import { initTRPC } from '@trpc/server';
import { createHTTPHandler, type CreateHTTPContextOptions } from '@trpc/server/adapters/standalone';
import { Server as SocketServer } from 'socket.io';
import { io } from 'socket.io-client';
import { describe, expect, it, onTestFinished } from 'vitest';
import { crowdsecHandler, crowdsecMiddleware } from '../src/index.js';
import { agent, BANNED, CLEAN, listening } from './running-agent.js';

/** What docs/recipes.md shows, on the real servers. */
describe('the recipe for', () => {
  it('tRPC guards its procedures, and tells them who is calling', async () => {
    const guard = crowdsecMiddleware(await agent());
    const t = initTRPC.context<{ readonly verdict: PassVerdict | undefined }>().create();
    const router = t.router({ whoami: t.procedure.query(({ ctx }) => ctx.verdict?.ip) });
    const handler = createHTTPHandler({
      router,
      createContext: ({ req }: CreateHTTPContextOptions) => ({ verdict: guard.verdictOf(req) }),
    });
    const url = await listening(
      createServer((request, response) => guard(request, response, () => handler(request, response))),
    );
    const client = (ip: string) =>
      createTRPCClient<typeof router>({ links: [httpLink({ url, headers: { 'x-forwarded-for': ip } })] });
    expect(await client(CLEAN).whoami.query()).toBe(CLEAN);
    await expect(client(BANNED).whoami.query()).rejects.toBeInstanceOf(TRPCClientError);
    expect((await fetch(`${url}whoami`, { headers: { 'x-forwarded-for': BANNED } })).status).toBe(403);
  });

  it('Hapi guards routes, unknown ones too, before bodies are read', async () => {
    const guard = crowdsecMiddleware(await agent());
    const server = hapiServer({ host: '127.0.0.1', port: 0 });
    server.ext('onRequest', async ({ raw }, h) => {
      const passed = await new Promise<boolean>((resolve) => {
        raw.res.once('close', () => resolve(false));
        guard(raw.req, raw.res, () => resolve(true));
      });
      return passed ? h.continue : h.abandon;
    });
    server.route({
      method: 'POST',
      path: '/',
      handler: ({ raw, payload }) => ({ payload, ip: guard.verdictOf(raw.req)?.ip }),
    });
    await server.start();
    onTestFinished(() => server.stop());
    const ask = (ip: string, path = '/') =>
      fetch(`${server.info.uri}${path}`, {
        method: 'POST',
        headers: { 'x-forwarded-for': ip, 'content-type': 'application/json' },
        body: '{"a":1}',
      });
    expect(await (await ask(CLEAN)).json()).toEqual({ payload: { a: 1 }, ip: CLEAN });
    expect((await ask(CLEAN, '/nothing-here')).status).toBe(404);
    expect((await ask(BANNED)).status).toBe(403);
    expect((await ask(BANNED, '/nothing-here')).status).toBe(403);
  });

  it.each(['polling', 'websocket'] as const)('Socket.IO guards connections by %s', async (transport) => {
    // Socket.IO takes over the server that it is given, so it gets one that never listens.
    const inner = createServer((_, response) => response.end('hello'));
    const sockets = new SocketServer(inner);
    sockets.on('connection', (socket) => socket.emit('welcome', transport));
    const handler = crowdsecHandler(await agent(), (request, response) => inner.emit('request', request, response));
    const server = createServer(handler);
    server.on(
      'upgrade',
      handler.upgrade((request, socket, head) => inner.emit('upgrade', request, socket, head)),
    );
    const url = await listening(server);
    onTestFinished(() => void sockets.close());
    const connection = (ip: string) => {
      const client = io(url, {
        transports: [transport],
        reconnection: false,
        forceNew: true,
        extraHeaders: { 'x-forwarded-for': ip },
      });
      onTestFinished(() => void client.close());
      return client;
    };
    expect(await once(connection(CLEAN) as unknown as EventEmitter, 'welcome')).toEqual([transport]);
    const [error] = (await once(connection(BANNED) as unknown as EventEmitter, 'connect_error')) as [Error];
    expect(error.message).toMatch(/xhr poll error|websocket error/);
    expect(await (await fetch(url)).text()).toBe('hello');
  });
});
