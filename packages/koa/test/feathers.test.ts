import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { OFFLINE } from '@crowdsec-sdk/conformance';
import { createCrowdsec } from '@crowdsec-sdk/core';
import { feathers, type Params } from '@feathersjs/feathers';
import { bodyParser, errorHandler, koa, rest } from '@feathersjs/koa';
import { expect, it, onTestFinished } from 'vitest';
import { crowdsecMiddleware } from '../src/index.js';

const BANNED = '203.0.113.66';
const CLEAN = '203.0.113.7';

/** What docs/recipes.md shows of Feathers. */
it('guards services of Feathers, and tells them who is calling', async () => {
  const crowdsec = createCrowdsec({ ...OFFLINE, trustedProxies: 'loopback' });
  await crowdsec.start();
  onTestFinished(() => crowdsec.stop());
  crowdsec.decide({ ip: BANNED, scenario: 'acme/x', duration: '1h' });

  const app = koa(feathers());
  app.use(crowdsecMiddleware(crowdsec) as never);
  app.use(errorHandler());
  app.use(async (context, next) => {
    Object.assign(context.feathers ?? {}, { crowdsec: context.state.crowdsec });
    await next();
  });
  app.use(bodyParser());
  app.configure(rest());
  app.use('messages', {
    create: async (data: object, params?: Params & { readonly crowdsec?: { readonly ip?: string } }) => ({
      data,
      ip: params?.crowdsec?.ip,
    }),
  });

  const server = await app.listen(0, '127.0.0.1');
  onTestFinished(() => void server.close());
  if (!server.listening) await once(server, 'listening');
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const post = (ip: string, path: string) =>
    fetch(`${url}${path}`, {
      method: 'POST',
      headers: { 'x-forwarded-for': ip, 'content-type': 'application/json' },
      body: '{"text":"hello"}',
    });
  expect(await (await post(CLEAN, '/messages')).json()).toEqual({ data: { text: 'hello' }, ip: CLEAN });
  expect((await post(BANNED, '/messages')).status).toBe(403);
  expect((await post(BANNED, '/nothing-here')).status).toBe(403);
});
