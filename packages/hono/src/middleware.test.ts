import {
  createCrowdsec,
  EXTENSION_API_VERSION,
  silentLogger,
  type CrowdsecOptions,
  type Extension,
  type Remedy,
} from '@crowdsec-sdk/core';
import { Hono } from 'hono';
import { HTTPException } from 'hono/http-exception';
import { describe, expect, it } from 'vitest';
import { crowdsecMiddleware } from './index.js';

/** Nobody listens there: nothing leaves this machine. */
const options: CrowdsecOptions = { apiUrl: 'http://127.0.0.1:9', ephemeral: true, logger: silentLogger };
const REFUSAL = { status: 429, headers: {}, body: 'slowly' };

describe('the middleware', () => {
  it('starts an agent of its own when it is given options, and hands it out to be stopped', async () => {
    const { crowdsec } = crowdsecMiddleware(options);
    await expect.poll(() => crowdsec.health().problems.map(({ code }) => code)).not.toContain('NOT_STARTED');
    await crowdsec.stop();
    expect(crowdsec.health().problems.map(({ code }) => code)).toContain('NOT_STARTED');
  });

  it('uses an agent that it is given, and leaves its start to whoever made it', () => {
    const crowdsec = createCrowdsec(options);
    expect(crowdsecMiddleware(crowdsec).crowdsec).toBe(crowdsec);
    expect(crowdsec.health().problems.map(({ code }) => code)).toContain('NOT_STARTED');
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
      ...options,
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

  it('refuses a wrong option when it is built, not when a request comes', () => {
    const build = (): unknown => crowdsecMiddleware({ ...options, trustedProxies: ['10.0.0.0/99'] });
    expect(build).toThrow(expect.objectContaining({ path: 'options.trustedProxies[0]' }) as Error);
  });
});
