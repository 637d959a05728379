import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { SDK_VERSION } from '../version.js';
import { userAgent } from './user-agent.js';

describe('the user agent', () => {
  it('names the product and its version', () => {
    expect(userAgent({ suffix: 'AcmeShop', version: 'v2.3.0' })).toBe('csnodecapi_AcmeShop/v2.3.0');
    expect(userAgent()).toBe(`csnodecapi/${SDK_VERSION}`);
  });

  it.each([
    [{ suffix: 'bad suffix' }, 'userAgent.suffix'],
    [{ suffix: 'seventeenlettersx' }, 'userAgent.suffix'],
    [{ suffix: 'x\r\ny' }, 'userAgent.suffix'],
    [{ version: '1.2.3' }, 'userAgent.version'],
    [{ version: 'v1.2' }, 'userAgent.version'],
    [{ version: 'v1.2.3-beta' }, 'userAgent.version'],
  ])('refuses %j', (options, path) => {
    expect(() => userAgent(options)).toThrow(
      expect.objectContaining({ code: 'CROWDSEC_OPTION_INVALID', path }) as Error,
    );
  });

  it('carries the version of this package by default', () => {
    const manifest = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as {
      version: string;
    };
    expect(SDK_VERSION).toBe(`v${manifest.version}`);
  });
});
