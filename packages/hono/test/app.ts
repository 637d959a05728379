import { setTimeout as delay } from 'node:timers/promises';
import type { Crowdsec } from '@crowdsec-sdk/core';
import { Hono, type Context } from 'hono';
import { HTTPException } from 'hono/http-exception';
import { stream } from 'hono/streaming';
import { crowdsecMiddleware } from '../src/index.js';

/** The application of the conformance suite, in Hono. */
export function createApp(crowdsec: Crowdsec): Hono {
  const app = new Hono();
  app.use(crowdsecMiddleware(crowdsec));
  app.get('/hello', (context) => context.text('hello', 200, { 'x-app': 'hello' }));
  const whoami = (context: Context): Response => {
    const { ip = null, remediation, origin } = context.get('crowdsec');
    return context.json({ ip, remediation, origin });
  };
  app.get('/whoami', whoami);
  app.route('/guarded', new Hono().use(crowdsecMiddleware(crowdsec)).get('/', whoami));
  app.get('/stream', (context) =>
    stream(context, async (writer) => {
      await writer.write('one\n');
      await delay(100);
      await writer.write('two\n');
    }),
  );
  app.get('/never', () => new Promise<never>(() => undefined));
  app.post('/echo', (context) => new Response(context.req.raw.body));
  app.get('/teapot', () => {
    throw new HTTPException(418, { message: 'teapot' });
  });
  app.get('/boom', () => {
    throw new Error('boom');
  });
  app.onError((error, context) =>
    error instanceof HTTPException ? error.getResponse() : context.text('Internal Server Error', 500),
  );
  let orders = 0;
  app.post('/order', (context) => {
    orders++;
    return context.text('ordered');
  });
  app.get('/orders', (context) => context.text(`${orders}`));
  app.post('/report', async (context) => {
    await crowdsec.report({
      ip: '198.51.100.66',
      scenario: 'acme/login-bruteforce',
      decision: { type: 'ban', duration: '4h' },
    }).stored;
    return context.text('reported');
  });
  return app;
}
