import { describe, expect, it } from 'vitest';
import { parseOptions, type CrowdsecOptions } from '../options.js';

const KEY = 'k'.repeat(43);

describe('The option lapi', () => {
  it('has defaults for all but the URL and the key', () => {
    const { lapi } = parseOptions({ lapi: { url: 'http://127.0.0.1:8080', apiKey: KEY } });
    expect(lapi).toMatchObject({ updateIntervalMs: 10_000, decisions: 'profiles', usageMetrics: true });
  });

  it.each<[string, CrowdsecOptions['lapi'], string, RegExp]>([
    [
      'an empty key',
      { url: 'http://x:1', apiKey: '' },
      'options.lapi.apiKey',
      /^options\.lapi\.apiKey: is empty: is the variable set[^;]*$/,
    ],
    ['no key', { url: 'http://x:1' }, 'options.lapi.apiKey', /cscli bouncers add/],
    [
      'a key and a certificate',
      { url: 'https://x:1', apiKey: KEY, tls: { cert: 'c', key: 'k' } },
      'options.lapi.tls.cert',
      /not both: .* does not look at the key/,
    ],
    [
      'a key and a file',
      { url: 'http://x:1', apiKey: KEY, apiKeyFile: '/k' },
      'options.lapi.apiKeyFile',
      /one of them/,
    ],
    [
      'a machine without a password',
      { url: 'http://x:1', apiKey: KEY, machine: { machineId: 'm' } },
      'options.lapi.machine.password',
      /passwordFile/,
    ],
    ['half a certificate', { url: 'https://x:1', tls: { cert: 'c' } }, 'options.lapi.tls', /both `cert` and `key`/],
    ['a version in the URL', { url: 'http://x:1/v1', apiKey: KEY }, 'options.lapi.url', /before \/v1/],
    ['no URL', { url: 'localhost', apiKey: KEY }, 'options.lapi.url', /must be a URL/],
    ['another protocol', { url: 'ftp://x', apiKey: KEY }, 'options.lapi.url', /must be an http/],
    ['a user in the URL', { url: 'http://a:b@x:1', apiKey: KEY }, 'options.lapi.url', /user or a password/],
    [
      'too short an interval',
      { url: 'http://x:1', apiKey: KEY, updateIntervalMs: 500 },
      'options.lapi.updateIntervalMs',
      /1,000/,
    ],
    ['an empty filter', { url: 'http://x:1', apiKey: KEY, origins: [] }, 'options.lapi.origins', /leave it out/],
  ])('refuses %s', (_, lapi, path, message) => {
    expect(() => parseOptions({ lapi })).toThrow(
      expect.objectContaining({ code: 'CROWDSEC_OPTION_INVALID', path }) as Error,
    );
    expect(() => parseOptions({ lapi })).toThrow(message);
  });

  it('loses the newline that a copied key ends in', () => {
    expect(parseOptions({ lapi: { url: 'http://x:1', apiKey: `${KEY}\n` } }).lapi?.apiKey).toBe(KEY);
  });

  it('takes an authority beside a key', () => {
    expect(() => parseOptions({ lapi: { url: 'https://x:1', apiKey: KEY, tls: { ca: 'pem' } } })).not.toThrow();
  });
});

describe('An agent', () => {
  it('needs a network or a source of its own', () => {
    expect(() => parseOptions({})).toThrow(
      /name a network: `env: 'prod'`.*`lapi: \{ url, apiKey \}`.*source of decisions/s,
    );
  });
});
