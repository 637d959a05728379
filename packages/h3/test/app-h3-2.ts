import type { RequestListener } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';
import type { Crowdsec } from '@crowdsec-sdk/core';
import { H3, HTTPError, toNodeHandler, type H3Event } from 'h3-2';
import { crowdsecMiddleware, type CrowdsecEventContext } from '../src/index.js';

/** The application of the conformance suite, in h3 2. */
export function createApp(crowdsec: Crowdsec): RequestListener {
  const app = new H3({ silent: true });
  app.use(crowdsecMiddleware(crowdsec));
  app.use('/guarded', crowdsecMiddleware(crowdsec));
  app.get('/hello', (event) => {
    event.res.headers.set('x-app', 'hello');
    return 'hello';
  });
  app.get('/whoami', whoami);
  app.get('/guarded', whoami);
  app.get('/stream', () => slowly());
  app.get('/never', () => new Promise<never>(() => undefined));
  app.post('/echo', (event) => event.req.body ?? '');
  app.get('/teapot', () => {
    throw new HTTPError({ status: 418, message: 'teapot' });
  });
  app.get('/boom', () => {
    throw new Error('boom');
  });
  let orders = 0;
  app.post('/order', () => {
    orders++;
    return 'ordered';
  });
  app.get('/orders', () => `${orders}`);
  app.post('/report', async () => {
    await crowdsec.report({
      ip: '198.51.100.66',
      scenario: 'acme/login-bruteforce',
      decision: { type: 'ban', duration: '4h' },
    }).stored;
    return 'reported';
  });
  return toNodeHandler(app);
}

function whoami({ context }: H3Event): object {
  const { ip = null, remediation, origin } = (context as CrowdsecEventContext).crowdsec ?? {};
  return { ip, remediation, origin };
}

function slowly(): ReadableStream<Uint8Array> {
  const encoder = new TextEncoder();
  return new ReadableStream({
    async start(controller) {
      controller.enqueue(encoder.encode('one\n'));
      await delay(100);
      controller.enqueue(encoder.encode('two\n'));
      controller.close();
    },
  });
}
