import { describe, expect, it } from 'vitest';
import type { RequestFacts } from '../bouncer/verdict.js';
import { appsecTestEnvironment, told } from '../../test/appsec-test-environment.js';
import { callHeaders } from './call-headers.js';
import { appsecTarget } from './request-target.js';

function headersOf(facts: Partial<RequestFacts>, ip: string | undefined = '203.0.113.7'): Record<string, string> {
  const whole = { remoteAddress: undefined, method: 'GET', path: '/', headers: {}, ...facts };
  const flat = callHeaders({ facts: whole, ip, apiKey: 'key', withoutEncoding: false });
  const pairs: [string, string][] = [];
  for (let i = 0; i < flat.length; i += 2) pairs.push([(flat[i] ?? '').toLowerCase(), flat[i + 1] ?? '']);
  return Object.fromEntries(pairs);
}

describe('what AppSec is told of a request', () => {
  it.each([
    ['line breaks', 'a\r\nX-Crowdsec-Appsec-Ip: 1.2.3.4\r\n'],
    ['NUL and other control characters', 'a\0b\x07c\x7f'],
    ['what is not latin1', 'ü 漢字 💥 \ud800'],
    ['64 KiB', 'x'.repeat(65_536)],
    ['nothing', ''],
  ])('is sent whatever is in it, on one line: %s', async (_, value) => {
    await using environment = await appsecTestEnvironment();
    const { bouncer } = environment.crowdsec;
    const verdict = bouncer.inspect({
      remoteAddress: '203.0.113.7',
      method: `GET${value}`,
      path: '/',
      url: `/${value}?${value}#${value}`,
      headers: { host: value, 'user-agent': value, 'x-any': value, [value]: 'name', cookie: [value, value] },
    });
    await verdict.settled;
    const [call] = environment.appsec.calls;
    expect(told(environment, 'ip')).toBe('203.0.113.7');
    expect(call?.headers['x-crowdsec-appsec-uri']?.length).toBeGreaterThanOrEqual(value.length);
    expect(environment.crowdsec.health().appsec).toMatchObject({ asked: 1, actions: { allow: 1 } });
  });

  it('leaves out what is of the connection, and what it says itself', () => {
    const sent = headersOf({
      headers: {
        connection: 'keep-alive, cookie',
        'keep-alive': 'timeout=5',
        'proxy-connection': 'keep-alive',
        'content-length': '5',
        'transfer-encoding': 'chunked',
        expect: '100-continue',
        upgrade: 'h2c',
        te: 'trailers',
        trailer: 'x',
        cookie: 'a=1',
        'http2-settings': 'AAA',
        'x-crowdsec-appsec-ip': '198.51.100.1',
        x_crowdsec_appsec_ip: '198.51.100.1',
        'x-crowdsec-appsec-anything-new': '1',
        accept: '*/*',
        host: 'shop.example',
        'user-agent': 'curl/8',
      },
    });
    expect(Object.keys(sent).sort()).toEqual([
      'accept',
      'cookie',
      'x-crowdsec-appsec-api-key',
      'x-crowdsec-appsec-host',
      'x-crowdsec-appsec-ip',
      'x-crowdsec-appsec-uri',
      'x-crowdsec-appsec-user-agent',
      'x-crowdsec-appsec-verb',
    ]);
    expect(sent['x-crowdsec-appsec-ip']).toBe('203.0.113.7');
  });

  it('is sent though the client says that it is of the connection: the application sees it as well', () => {
    const rawHeaders = ['Connection', 'close, X-Api-Version, Content-Type', 'X-Api-Version', '${jndi:x}'];
    expect(headersOf({ nodeRequest: { headers: {}, rawHeaders } })).toMatchObject({ 'x-api-version': '${jndi:x}' });
  });

  it('is all names that a client gives its program, for Fetch hands all of them to the application', () => {
    const rawHeaders = ['User-Agent', 'Mozilla/5.0', 'user-agent', '${jndi:x}'];
    const sent = headersOf({ nodeRequest: { headers: {}, rawHeaders } });
    expect(sent['x-crowdsec-appsec-user-agent']).toBe('Mozilla/5.0, ${jndi:x}');
  });

  it('knows HTTP/2 by its names, and a client that nobody can tell by an address that is nobody', () => {
    const rawHeaders = [':method', 'GET', ':path', '/a', ':authority', 'shop.example', 'accept', '*/*'];
    const sent = headersOf({ nodeRequest: { headers: {}, rawHeaders, httpVersion: '2.0' } }, undefined);
    expect(sent).toMatchObject({
      'x-crowdsec-appsec-http-version': '20',
      'x-crowdsec-appsec-host': 'shop.example',
      'x-crowdsec-appsec-ip': '203.0.113.7',
    });
    expect(Object.keys(sent).some((name) => name.startsWith(':'))).toBe(false);
    const flat = callHeaders({
      facts: { remoteAddress: undefined, method: 'GET', path: '/', headers: {} },
      ip: undefined,
      apiKey: 'key',
      withoutEncoding: false,
    });
    expect(flat).toContain('0.0.0.0');
  });
});

describe('the request target', () => {
  it.each([
    ['/a?b=c', '/a?b=c'],
    ['/%zz/.env', '/%25zz/.env'],
    ['/%', '/%25'],
    ['/%2', '/%252'],
    ['/%2e%2E/%g0', '/%2e%2E/%25g0'],
    ['/a?x=%zz', '/a?x=%zz'],
    ['/a?x=%zz#&y=%zz#', '/a?x=%zz%23&y=%zz%23'],
    ['/a#y=%zz?b#c', '/a?y=%zz?b%23c'],
    ['/%zz#', '/%25zz?'],
    ['#/.env', '/?/.env'],
    ['/a b/.env', '/a b/.env'],
    ['/\r\n\0', '/%0d%0a%00'],
    ['/caf\u00c3\u00a9', '/caf\u00c3\u00a9'],
    ['/\u6f22', '/\u00e6\u00bc\u00a2'],
    ['*', '*'],
    ['', '/'],
    ['a:b/.env', '/a:b/.env'],
    ['.env', '/.env'],
    ['//evil/.env', '/.//evil/.env'],
    ['//.env', '/.//.env'],
    ['//.git/config', '/.//.git/config'],
    ['http:////.env', '/.//.env'],
    ['//a:b/.env', '/.//a:b/.env'],
    ['//[::1/.env', '/.//[::1/.env'],
    ['//a%41/.env', '/.//a%41/.env'],
    ['http://shop.example/.env', 'http://shop.example/.env'],
    ['http://shop.example:80/%zz', 'http://shop.example:80/%25zz'],
    ['http://[::1/.env', '/.env'],
    ['http://a:b/.env', '/.env'],
    ['http://u:p%@h/.env?a', '/.env?a'],
  ])('%j is asked about as %j', (url, asked) => {
    expect(appsecTarget(url)).toBe(asked);
  });
});
