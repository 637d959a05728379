import { createCrowdsec, silentLogger, type CrowdsecOptions } from '@crowdsec-sdk/core';
import { describe, expect, it } from 'vitest';
import { crowdsecMiddleware } from './index.js';

/** Nobody listens there: nothing leaves this machine. */
const options: CrowdsecOptions = { apiUrl: 'http://127.0.0.1:9', ephemeral: true, logger: silentLogger };

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

  it('refuses a wrong option when it is built, not when a request comes', () => {
    const build = (): unknown => crowdsecMiddleware({ ...options, trustedProxies: ['10.0.0.0/99'] });
    expect(build).toThrow(expect.objectContaining({ path: 'options.trustedProxies[0]' }) as Error);
  });
});
