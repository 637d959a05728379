import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { middlewareConformance, OFFLINE } from '@crowdsec-sdk/conformance';
import { createCrowdsec, type Remedy } from '@crowdsec-sdk/core';
import { EXTENSION_API_VERSION, type Extension } from '@crowdsec-sdk/core/extension';
import { getRequestListener } from '@hono/node-server';
import { Hono, type Context } from 'hono';
import { HTTPException } from 'hono/http-exception';
import { describe, expect, expectTypeOf, it } from 'vitest';
import { crowdsecMiddleware, type SettledVerdict } from './index.js';

const REFUSAL = { status: 429, headers: {}, body: 'slowly' };

middlewareConformance(crowdsecMiddleware);

describe('the middleware of Hono', () => {
  it('leaves the verdict about a refused client to whoever logs the answer', async () => {
    const guard = crowdsecMiddleware({ ...OFFLINE, trustedProxies: 1, onUnavailable: 'block' });
    const logged: SettledVerdict[] = [];
    const app = new Hono()
      .use(async (context, next) => {
        await next();
        logged.push(context.get('crowdsec'));
      })
      .use(guard);
    expect((await app.request('/', { headers: { 'x-forwarded-for': '203.0.113.7' } })).status).toBe(403);
    expect(logged).toEqual([expect.objectContaining({ action: 'block', ip: '203.0.113.7', origin: 'unavailable' })]);
    await guard.crowdsec.stop();
  });

  it('types the verdict of any context', () => {
    expectTypeOf<Context['var']['crowdsec']>().toEqualTypeOf<SettledVerdict>();
  });

  it('tells detectors of answers by what it hands over, where nobody knows the connection', async () => {
    const statuses: number[] = [];
    const listener: Extension = {
      name: 'test.listener',
      apiVersion: EXTENSION_API_VERSION,
      detectors: [
        {
          name: 'answers',
          on: ['response'],
          detect: (event) => void (event.kind === 'response' && statuses.push(event.status)),
        },
      ],
    };
    const ban: Remedy = ({ facts }) => (facts.path === '/refused' ? REFUSAL : 'pass');
    const crowdsec = createCrowdsec({
      ...OFFLINE,
      trustedProxies: 1,
      onUnavailable: 'block',
      remedies: { ban },
      extensions: [listener],
    });
    await crowdsec.start();
    const app = new Hono().use(crowdsecMiddleware(crowdsec)).get('/boom', () => {
      throw new HTTPException(503);
    });
    for (const path of ['/refused', '/boom', '/nothing-here']) {
      await app.request(path, { headers: { 'x-forwarded-for': '203.0.113.7' } });
    }
    await expect.poll(() => statuses).toEqual([429, 503, 404]);
    await crowdsec.stop();
  });

  it('counts a request once, also in an application that is mounted and guarded itself', async () => {
    const crowdsec = createCrowdsec({ ...OFFLINE, trustedProxies: 1 });
    const guard = crowdsecMiddleware(crowdsec);
    const inner = new Hono().use(guard).get('/page', (context) => context.text('page'));
    const app = new Hono()
      .use(guard)
      .all('/mounted/*', ({ req, env }) => inner.fetch(new Request(new URL('/page', req.url), req.raw), env))
      .route('/routed', inner);
    const listener = getRequestListener(app.fetch);
    const server = createServer((incoming, outgoing) => void listener(incoming, outgoing)).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    for (const path of ['/mounted/page', '/routed/page', '/page']) {
      await fetch(`http://127.0.0.1:${port}${path}`, { headers: { 'x-forwarded-for': '203.0.113.7' } });
    }
    server.close();
    expect(crowdsec.bouncer.counts.total).toBe(3);
    await app.request('/routed/page', { headers: { 'x-forwarded-for': '203.0.113.7' } });
    expect(crowdsec.bouncer.counts.total).toBe(4);
  });
});
