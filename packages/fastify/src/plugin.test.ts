import { createCrowdsec, silentLogger, type CrowdsecOptions } from '@crowdsec-sdk/core';
import { fastify, type FastifyRequest } from 'fastify';
import { describe, expect, expectTypeOf, it } from 'vitest';
import { crowdsecPlugin, type SettledVerdict } from './index.js';

/** Nobody listens there: nothing leaves this machine. */
const options: CrowdsecOptions = { apiUrl: 'http://127.0.0.1:9', ephemeral: true, logger: silentLogger };

describe('the plugin', () => {
  it('starts an agent of its own when it is given options, and stops it with the server', async () => {
    const app = fastify();
    await app.register(crowdsecPlugin, options);
    const { crowdsec } = app;
    await expect.poll(() => crowdsec.health().problems.map(({ code }) => code)).not.toContain('NOT_STARTED');
    await app.close();
    expect(crowdsec.health().problems.map(({ code }) => code)).toContain('NOT_STARTED');
  });

  it('uses an agent that it is given, and leaves its end to whoever made it', async () => {
    const crowdsec = createCrowdsec(options);
    await crowdsec.start();
    const app = fastify();
    await app.register(crowdsecPlugin, { crowdsec });
    expect(app.crowdsec).toBe(crowdsec);
    await app.close();
    expect(crowdsec.health().problems.map(({ code }) => code)).not.toContain('NOT_STARTED');
    await crowdsec.stop();
  });

  it('refuses a wrong option when it is registered, not when a request comes', async () => {
    const registered = fastify().register(crowdsecPlugin, { ...options, trustedProxies: ['10.0.0.0/99'] });
    await expect(registered.ready()).rejects.toMatchObject({ path: 'options.trustedProxies[0]' });
  });

  it('may be registered again in an inner scope, with the same agent or with another one', async () => {
    const [outer, inner] = [createCrowdsec(options), createCrowdsec(options)];
    const app = fastify();
    await app.register(crowdsecPlugin, { crowdsec: outer });
    await app.register(async (scope) => {
      await scope.register(crowdsecPlugin, { crowdsec: outer });
      scope.get('/same', () => 'same');
    });
    await app.register(async (scope) => {
      await scope.register(crowdsecPlugin, { crowdsec: inner });
      expect(scope.crowdsec).toBe(inner);
      scope.get('/other', () => 'other');
    });
    expect((await app.inject('/same')).body).toBe('same');
    expect([outer, inner].map(({ bouncer }) => bouncer.counts.total)).toEqual([1, 0]);
    expect((await app.inject('/other')).body).toBe('other');
    expect([outer, inner].map(({ bouncer }) => bouncer.counts.total)).toEqual([2, 1]);
    await app.close();
  });

  it('hands each handler a verdict, and the hooks of a refused request the one that refused it', async () => {
    const app = fastify();
    await app.register(crowdsecPlugin, { ...options, onUnavailable: 'block', skip: ['/open'] });
    const answered: SettledVerdict[] = [];
    app.addHook('onResponse', (request, _reply, done) => {
      answered.push(request.crowdsec);
      done();
    });
    app.get('/open', ({ crowdsec: { ip, remediation, origin } }) => ({ ip, remediation, origin }));
    expect((await app.inject('/open')).json()).toMatchObject({ remediation: 'bypass', origin: 'skipped' });
    expect((await app.inject('/')).statusCode).toBe(403);
    expect(answered).toEqual([
      expect.objectContaining({ action: 'pass', origin: 'skipped' }),
      expect.objectContaining({ action: 'block', ip: '127.0.0.1', origin: 'unavailable' }),
    ]);
    await app.close();
    expectTypeOf<FastifyRequest['crowdsec']>().toEqualTypeOf<SettledVerdict>();
  });

  it('judges before routes that a plugin encapsulates', async () => {
    const app = fastify();
    await app.register(crowdsecPlugin, { ...options, onUnavailable: 'block' });
    await app.register((inner, _options, done) => {
      inner.get('/inner', () => 'inside');
      done();
    });
    expect((await app.inject('/inner')).statusCode).toBe(403);
    await app.close();
  });
});
