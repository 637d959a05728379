import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { SDK_VERSION } from '../version.js';
import { defaultFetch } from './default-fetch.js';
import { userAgent, withUserAgent } from './user-agent.js';

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

it('names the product in requests for lists, whatever else their headers say', async () => {
  const seen: (string | undefined)[] = [];
  const server = createServer((request, response) => {
    seen.push(request.headers['user-agent'], request.headers['if-modified-since']);
    response.end();
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const builtIn = defaultFetch();
  for (const fetch of [globalThis.fetch, builtIn.fetch]) {
    const named = withUserAgent(fetch, 'csnodecapi_Shop/v1.0.0');
    await named(url, { headers: { 'if-modified-since': 'Thu, 01 Jan 2026 00:00:00 GMT' } });
    await named(new URL(url), { headers: { 'User-Agent': 'lists/v2' } });
  }
  const expected = ['csnodecapi_Shop/v1.0.0', 'Thu, 01 Jan 2026 00:00:00 GMT', 'lists/v2', undefined];
  expect(seen).toEqual([...expected, ...expected]);
  await builtIn.close();
  server.closeAllConnections();
  server.close();
});
