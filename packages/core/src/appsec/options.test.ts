import { describe, expect, it } from 'vitest';
import { parseOptions } from '../options.js';
import type { AppsecOptions } from './options.js';

const GOOD = { url: 'http://127.0.0.1:7422/', apiKey: 'key' };

function parsed(appsec: object): ReturnType<typeof parseOptions>['appsec'] {
  return parseOptions({ env: 'dev', appsec: appsec as AppsecOptions }).appsec;
}

describe('the option appsec', () => {
  it('needs an address and a key, and has a default for the rest', () => {
    expect(parsed(GOOD)).toMatchObject({
      timeoutMs: 200,
      maxBodyBytes: 1_048_576,
      onLargeBody: 'headers-only',
      requests: 'undecided',
      skip: [],
      fallbackRemediation: 'ban',
      onFailure: { timeout: 'pass', unreachable: 'pass', unauthorized: 'pass', serverError: 'pass' },
    });
    expect(parsed({ ...GOOD, onFailure: { timeout: 'block' } })?.onFailure).toMatchObject({
      timeout: 'block',
      tooLarge: 'pass',
    });
  });

  it.each(['https://waf.example/waf', 'unix:/run/appsec.sock', 'unix:///run/appsec.sock', '/run/appsec.sock'])(
    'takes the address %s',
    (url) => {
      expect(parsed({ ...GOOD, url })?.url).toBe(url);
    },
  );

  it.each([
    ['options.appsec.url', { ...GOOD, url: '127.0.0.1:7422' }],
    ['options.appsec.url', { ...GOOD, url: 'ftp://127.0.0.1/' }],
    ['options.appsec.url', { ...GOOD, url: 'http://user:pass@127.0.0.1/' }],
    ['options.appsec.url', { ...GOOD, url: 'unix:run/appsec.sock' }],
    ['options.appsec.url', { apiKey: 'key' }],
    ['options.appsec.apiKey', { url: GOOD.url }],
    ['options.appsec.apiKey', { ...GOOD, apiKey: 'key\n' }],
    ['options.appsec.apiKeyFile', { ...GOOD, apiKeyFile: '/run/secrets/key' }],
    ['options.appsec.tls', { ...GOOD, tls: { cert: 'PEM' } }],
    ['options.appsec.timeoutMs', { ...GOOD, timeoutMs: 0 }],
    ['options.appsec.maxBodyBytes', { ...GOOD, maxBodyBytes: 11 * 1024 * 1024 }],
    ['options.appsec.onLargeBody', { ...GOOD, onLargeBody: 'drop' }],
    ['options.appsec.skip[0]', { ...GOOD, skip: ['health'] }],
    ['options.appsec.onFailure.timeout', { ...GOOD, onFailure: { timeout: 'ban' } }],
    ['options.appsec.onFailure.timeOut', { ...GOOD, onFailure: { timeOut: 'block' } }],
    ['options.appsec.failOpen', { ...GOOD, failOpen: true }],
  ])('names what is wrong: %s', (path, appsec) => {
    expect(() => parsed(appsec)).toThrow(expect.objectContaining({ code: 'CROWDSEC_OPTION_INVALID', path }) as unknown);
  });

  it('says of an empty key that its variable may not be set, and nothing else', () => {
    expect(() => parsed({ ...GOOD, apiKey: '' })).toThrow(
      /^options\.appsec\.apiKey: is empty: is the variable set[^;]*$/,
    );
  });
});
