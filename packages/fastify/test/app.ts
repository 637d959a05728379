import { PassThrough } from 'node:stream';
import { setTimeout as delay } from 'node:timers/promises';
import type { Crowdsec } from '@crowdsec-sdk/core';
import { fastify, type FastifyInstance, type FastifyRequest } from 'fastify';
import { crowdsecPlugin } from '../src/index.js';

/** The application of the conformance suite, in Fastify. */
export async function createApp(crowdsec: Crowdsec): Promise<FastifyInstance> {
  // Not what the SDK goes by: were it, anybody could name an address.
  const app = fastify({ trustProxy: true });
  await app.register(crowdsecPlugin, { crowdsec });
  app.addContentTypeParser('application/octet-stream', (_request, payload, done) => done(null, payload));
  app.get('/hello', (_request, reply) => reply.header('x-app', 'hello').send('hello'));
  const whoami = (request: FastifyRequest): object => {
    const { ip = null, remediation, origin } = request.crowdsec;
    return { ip, remediation, origin };
  };
  app.get('/whoami', whoami);
  await app.register(async (inner) => {
    await inner.register(crowdsecPlugin, { crowdsec });
    inner.get('/guarded', whoami);
  });
  app.get('/stream', (_request, reply) => {
    const stream = new PassThrough();
    stream.write('one\n');
    void delay(100).then(() => stream.end('two\n'));
    return reply.send(stream);
  });
  app.get('/never', () => new Promise(() => undefined));
  app.post('/echo', { bodyLimit: 1 << 24 }, (request, reply) => reply.send(request.body));
  app.get('/teapot', () => {
    throw Object.assign(new Error('teapot'), { statusCode: 418 });
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
  await app.ready();
  return app;
}
