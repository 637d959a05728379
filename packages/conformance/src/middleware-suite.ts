import { createCrowdsec, silentLogger, type Crowdsec, type CrowdsecOptions } from '@crowdsec-sdk/core';
import { describe, expect, it } from 'vitest';

/** Makes a middleware from an agent, or from the options of one, and hands that agent out. */
export type MiddlewareFactory = (target: Crowdsec | CrowdsecOptions) => { readonly crowdsec: Crowdsec };

/** Options of an agent that talks to nobody: nothing listens there, nothing leaves this machine. */
export const OFFLINE: CrowdsecOptions = { apiUrl: 'http://127.0.0.1:9', ephemeral: true, logger: silentLogger };

/** Declares what every factory of a middleware does with the agent that it is given, or makes. */
export function middlewareConformance(crowdsecMiddleware: MiddlewareFactory): void {
  describe('the middleware', () => {
    it('starts an agent of its own when it is given options, and hands it out to be stopped', async () => {
      const { crowdsec } = crowdsecMiddleware(OFFLINE);
      await expect.poll(() => problems(crowdsec)).not.toContain('NOT_STARTED');
      await crowdsec.stop();
      expect(problems(crowdsec)).toContain('NOT_STARTED');
    });

    it('uses an agent that it is given, and leaves its start to whoever made it', () => {
      const crowdsec = createCrowdsec(OFFLINE);
      expect(crowdsecMiddleware(crowdsec).crowdsec).toBe(crowdsec);
      expect(problems(crowdsec)).toContain('NOT_STARTED');
    });

    it('refuses a wrong option when it is built, not when a request comes', () => {
      const build = (): unknown => crowdsecMiddleware({ ...OFFLINE, trustedProxies: ['10.0.0.0/99'] });
      expect(build).toThrow(expect.objectContaining({ path: 'options.trustedProxies[0]' }) as Error);
    });
  });
}

function problems(crowdsec: Crowdsec): readonly string[] {
  return crowdsec.health().problems.map(({ code }) => code);
}
