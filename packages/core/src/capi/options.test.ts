import { describe, expect, it } from 'vitest';
import { parseOptions } from '../options.js';
import { apiRoot } from './api-root.js';

const machineId = 'a'.repeat(48);

describe('credentials', () => {
  it.each(['\n', '\r\n', ' ', '\t', '\uFEFF'])('lose what a file or a secret store adds around them (%j)', (extra) => {
    const credentials = { machineId: `${machineId}${extra}`, password: `${extra}S3cret${extra}` };
    expect(parseOptions({ env: 'dev', credentials }).credentials).toEqual({ machineId, password: 'S3cret' });
  });

  it.each(['', ' \n', 'two\nlines', 'a\0b', 'x'.repeat(257)])(
    'are refused when they can not be meant (%j)',
    (password) => {
      expect(() => parseOptions({ env: 'dev', credentials: { machineId, password } })).toThrow(
        'options.credentials.password',
      );
    },
  );
});

describe('the root of the API', () => {
  it.each([
    'https://capi.example.org/v3',
    'https://capi.example.org/v2/',
    'https://capi.example.org/V2',
    'https://capi.example.org/v2/watchers/login',
    'https://capi.example.org/gateway/v3/decisions/stream',
  ])('is refused with a version, by a line that names v3 (%s)', (apiUrl) => {
    expect(() => apiRoot({ apiUrl })).toThrow(/^options\.apiUrl: .*v3/);
  });

  it.each(['https://capi.example.org/v1/capi', 'https://capi.example.org/gateway', 'https://v2.example.org'])(
    'keeps a path that only looks like one (%s)',
    (apiUrl) => {
      expect(apiRoot({ apiUrl })).toBe(apiUrl);
    },
  );
});
