import { describe, expect, it } from 'vitest';
import { readEnvironment } from './environment.js';

describe('readEnvironment', () => {
  it('needs nothing, and takes empty variables for none', () => {
    const expected = { port: 3000, network: { kind: 'sandbox' }, userAgentSuffix: '' };
    expect(readEnvironment({})).toEqual(expected);
    expect(
      readEnvironment({
        PORT: '',
        CROWDSEC_ENV: '',
        CROWDSEC_API_URL: '',
        CROWDSEC_STATE_DIR: '',
        CROWDSEC_BLOCKLIST: '',
      }),
    ).toEqual(expected);
  });

  it('tells which CAPI is meant', () => {
    expect(readEnvironment({ CROWDSEC_BLOCKLIST: 'list.txt' }).network).toEqual({
      kind: 'sandbox',
      blocklist: 'list.txt',
    });
    expect(readEnvironment({ CROWDSEC_ENV: 'prod' }).network).toEqual({ kind: 'env', env: 'prod' });
    expect(readEnvironment({ CROWDSEC_API_URL: 'http://127.0.0.1:8090' }).network).toEqual({
      kind: 'url',
      apiUrl: 'http://127.0.0.1:8090',
    });
  });

  it('tells which local API is meant, and by what key it is asked', () => {
    expect(readEnvironment({ CROWDSEC_ENV: 'sandbox-lapi' }).network).toEqual({ kind: 'sandbox-lapi' });
    expect(
      readEnvironment({
        CROWDSEC_LAPI_URL: 'unix:/run/crowdsec.sock',
        CROWDSEC_LAPI_API_KEY_FILE: '/run/secrets/key',
        CROWDSEC_LAPI_MACHINE_ID: 'shop',
        CROWDSEC_LAPI_PASSWORD: 'secret',
      }).network,
    ).toEqual({
      kind: 'lapi',
      lapi: {
        url: 'unix:/run/crowdsec.sock',
        apiKeyFile: '/run/secrets/key',
        machine: { machineId: 'shop', password: 'secret' },
      },
    });
  });

  it.each([
    [{ PORT: 'http' }, /^PORT must be a number/],
    [{ PORT: '70000' }, /^PORT must be from 0 to 65535/],
    [{ CROWDSEC_ENV: 'production' }, /^CROWDSEC_ENV must be 'prod'/],
    [{ CROWDSEC_API_URL: 'localhost' }, /^CROWDSEC_API_URL must be an http/],
    [{ CROWDSEC_API_URL: 'http://a', CROWDSEC_ENV: 'prod' }, /exclude each other/],
    [{ CROWDSEC_BLOCKLIST: 'list.txt', CROWDSEC_ENV: 'prod' }, /^CROWDSEC_BLOCKLIST/],
    [{ CROWDSEC_LAPI_URL: 'http://a', CROWDSEC_ENV: 'prod' }, /^CROWDSEC_ENV and CROWDSEC_LAPI_URL exclude each other/],
    [{ CROWDSEC_LAPI_URL: 'http://a' }, /CROWDSEC_LAPI_API_KEY_FILE.*cscli bouncers add/],
    [{ CROWDSEC_USER_AGENT_SUFFIX: 'bad suffix!' }, /^CROWDSEC_USER_AGENT_SUFFIX: .*letters and digits/],
  ])('refuses %j in one clear line', (variables, message) => {
    expect(() => readEnvironment(variables)).toThrow(message);
    expect(() => readEnvironment(variables)).not.toThrow('\n');
  });
});
