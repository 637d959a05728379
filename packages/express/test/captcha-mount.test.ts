import { BANNED, nodeHost, solveCaptcha, visit } from '@crowdsec-sdk/conformance';
import { silentLogger } from '@crowdsec-sdk/core';
import express from 'express';
import { expect, it, onTestFinished } from 'vitest';
import { crowdsecMiddleware } from '../src/index.js';

const ENDPOINT = '/.well-known/crowdsec/captcha';

/** An application that guards one folder, beside others of which the agent knows nothing. */
const host = nodeHost('express', (crowdsec) => {
  const shop = express().get('/cart', (_request, response) => void response.send('cart'));
  crowdsec.decide({ ip: BANNED, type: 'captcha', scenario: 'acme/x' });
  return express().use('/shop', crowdsecMiddleware(crowdsec), shop);
});

it.each([`/shop${ENDPOINT}`, '/shop/cart', '/shop/any/page?with=query'])(
  'lets a client solve below a mount, where the root belongs to another application: %s',
  async (url) => {
    const options = { apiUrl: 'http://127.0.0.1:9', ephemeral: true, trustedProxies: 'loopback' } as const;
    const running = await host.start({
      hostname: '127.0.0.1',
      crowdsec: { ...options, logger: silentLogger, captcha: { work: 10_000 } },
    });
    onTestFinished(() => running.stop());
    await visit(running, BANNED, '/shop/cart').expect(401);
    await visit(running, BANNED, ENDPOINT).expect(404);
    const { kind, cookies } = await solveCaptcha(running, BANNED, url);
    expect(kind).toBe('solved');
    await visit(running, BANNED, '/shop/cart')
      .set('cookie', cookies[0] ?? '')
      .expect(200, 'cart');
  },
);
