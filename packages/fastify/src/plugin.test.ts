import { createCrowdsec, silentLogger, type CrowdsecOptions } from '@crowdsec-sdk/core';
import { fastify } from 'fastify';
import { describe, expect, it } from 'vitest';
import { crowdsecPlugin } from './index.js';

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
