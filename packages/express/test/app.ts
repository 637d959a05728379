import { setTimeout as delay } from 'node:timers/promises';
import type { Crowdsec } from '@crowdsec-sdk/core';
import type { Express, Request, Response } from 'express';
import { crowdsecMiddleware } from '../src/index.js';

/** The application of the conformance suite, in either Express. */
export function createApp(express: () => Express, crowdsec: Crowdsec): Express {
  const app = express();
  app.set('env', 'test');
  // Not what the SDK goes by: were it, anybody could name an address.
  app.set('trust proxy', true);
  app.use(crowdsecMiddleware(crowdsec));
  app.get('/hello', (_request, response) => {
    response.set('x-app', 'hello').send('hello');
  });
  const whoami = (_request: Request, response: Response): void => {
    const { ip = null, remediation, origin } = response.locals.crowdsec;
    response.json({ ip, remediation, origin });
  };
  app.get('/whoami', whoami);
  app.use('/guarded', express().use(crowdsecMiddleware(crowdsec)).get('/', whoami));
  app.get('/stream', async (_request, response) => {
    response.write('one\n');
    await delay(100);
    response.end('two\n');
  });
  app.get('/never', () => undefined);
  app.post('/echo', (request, response) => {
    request.pipe(response);
  });
  app.get('/teapot', () => {
    throw Object.assign(new Error('teapot'), { status: 418, expose: true });
  });
  app.get('/boom', () => {
    throw new Error('boom');
  });
  let orders = 0;
  app.post('/order', (_request, response) => {
    orders++;
    response.send('ordered');
  });
  app.get('/orders', (_request, response) => {
    response.send(`${orders}`);
  });
  app.post('/report', async (_request, response) => {
    await crowdsec.report({
      ip: '198.51.100.66',
      scenario: 'acme/login-bruteforce',
      decision: { type: 'ban', duration: '4h' },
    }).stored;
    response.send('reported');
  });
  return app;
}
