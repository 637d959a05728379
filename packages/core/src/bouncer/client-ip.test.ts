import { describe, expect, it } from 'vitest';
import { isCrowdsecError } from '../errors.js';
import { clientIpRule, type ClientIpOptions } from './client-ip.js';
import type { RequestHeaders } from './verdict.js';

const CLIENT = '203.0.113.7';
const LOOPBACK = '127.0.0.1';

describe('who is calling', () => {
  it.each([
    ['the peer, when nobody is trusted', {}, CLIENT, {}, CLIENT],
    ['the peer, whatever it says of itself', {}, CLIENT, { 'x-forwarded-for': '192.0.2.1' }, CLIENT],
    ['an IPv4-mapped peer as IPv4', {}, `::ffff:${CLIENT}`, {}, CLIENT],
    ['an IPv6 peer in canonical spelling, without its zone', {}, 'FE80::0:1%eth0', {}, 'fe80::1'],
    ['nobody, without a peer', {}, undefined, { 'x-forwarded-for': CLIENT }, undefined],
    [
      'the peer, when it is no trusted proxy',
      { trustedProxies: 'private' },
      CLIENT,
      { 'x-forwarded-for': '192.0.2.1' },
      CLIENT,
    ],
    ['whom the trusted proxy names', { trustedProxies: 'loopback' }, LOOPBACK, { 'x-forwarded-for': CLIENT }, CLIENT],
    [
      'the rightmost that is not trusted',
      { trustedProxies: 'private' },
      '10.0.0.1',
      { 'x-forwarded-for': `8.8.8.8, ${CLIENT}, 10.0.0.9` },
      CLIENT,
    ],
    [
      'the leftmost, when all are trusted',
      { trustedProxies: 'private' },
      '10.0.0.1',
      { 'x-forwarded-for': '10.0.0.8,10.0.0.9' },
      '10.0.0.8',
    ],
    [
      'whom a proxy in shared address space names, as pods of EKS and Tailscale have it',
      { trustedProxies: 'private' },
      '100.64.0.1',
      { 'x-forwarded-for': `8.8.8.8, ${CLIENT}, 100.127.255.254` },
      CLIENT,
    ],
    [
      'the peer right outside of shared address space',
      { trustedProxies: 'private' },
      '100.128.0.1',
      { 'x-forwarded-for': CLIENT },
      '100.128.0.1',
    ],
    ['the proxy itself, when it names nobody', { trustedProxies: 'private' }, '10.0.0.1', {}, '10.0.0.1'],
    [
      'the proxy itself, for an empty header',
      { trustedProxies: 'private' },
      '10.0.0.1',
      { 'x-forwarded-for': ' , ' },
      '10.0.0.1',
    ],
    [
      'nobody, when the proxy does not know',
      { trustedProxies: 'private' },
      '10.0.0.1',
      { 'x-forwarded-for': `${CLIENT}, unknown` },
      undefined,
    ],
    [
      'several lines as one chain',
      { trustedProxies: 'private' },
      '10.0.0.1',
      { 'x-forwarded-for': ['192.0.2.1', CLIENT] },
      CLIENT,
    ],
    [
      'whom the proxy added without a space to what the client called a zone',
      { trustedProxies: 'loopback' },
      LOOPBACK,
      { 'x-forwarded-for': `fe80::1%x,${CLIENT}` },
      CLIENT,
    ],
    [
      'the same after a mapped address with a zone',
      { trustedProxies: 'loopback' },
      LOOPBACK,
      { 'x-forwarded-for': `::ffff:192.0.2.1%x,${CLIENT}` },
      CLIENT,
    ],
    ['an address with a port', { trustedProxies: 'loopback' }, '::1', { 'x-forwarded-for': `${CLIENT}:4711` }, CLIENT],
    [
      'a bracketed address with a port',
      { trustedProxies: 'loopback' },
      '::1',
      { 'x-forwarded-for': '[2001:DB8::1]:443' },
      '2001:db8::1',
    ],
    [
      'a mapped proxy in an IPv4 range',
      { trustedProxies: ['192.0.2.0/24'] },
      '::ffff:192.0.2.9',
      { 'x-forwarded-for': CLIENT },
      CLIENT,
    ],
    [
      'by a number of proxies',
      { trustedProxies: 2 },
      '192.0.2.1',
      { 'x-forwarded-for': `9.9.9.9, ${CLIENT}, 192.0.2.2` },
      CLIENT,
    ],
    [
      'by a number of proxies, without a peer',
      { trustedProxies: 1 },
      undefined,
      { 'x-forwarded-for': `9.9.9.9, ${CLIENT}` },
      CLIENT,
    ],
    ['nobody, without a peer and without a header', { trustedProxies: 1 }, undefined, {}, undefined],
    [
      'nobody, without a peer, by a range',
      { trustedProxies: 'private' },
      undefined,
      { 'x-forwarded-for': CLIENT },
      undefined,
    ],
    [
      'by a function of the proxy',
      { trustedProxies: (ip: string) => ip === '192.0.2.1' },
      '192.0.2.1',
      { 'x-forwarded-for': CLIENT },
      CLIENT,
    ],
    ['by a rule of the host', { clientIp: () => `[::ffff:${CLIENT}]:80` }, '192.0.2.1', {}, CLIENT],
    ['nobody, when the rule of the host names none', { clientIp: () => undefined }, '192.0.2.1', {}, undefined],
  ] satisfies readonly Case[])('%s', (_, options, remoteAddress, headers, ip) => {
    expect(clientIpRule(options)(facts(remoteAddress, headers)).ip).toBe(ip);
  });
});

describe('the header', () => {
  const trusting = { trustedProxies: 'loopback' } as const;

  it.each(['x-real-ip', 'cf-connecting-ip', 'true-client-ip', 'CF-Connecting-IP'])(
    '%s holds one address',
    (ipHeader) => {
      const rule = clientIpRule({ ...trusting, ipHeader });
      expect(rule(facts(LOOPBACK, { [ipHeader.toLowerCase()]: CLIENT, 'x-forwarded-for': '9.9.9.9' })).ip).toBe(CLIENT);
    },
  );

  it('with one address is not walked, however many proxies are trusted: what precedes the last line is the client’s own', () => {
    const rule = clientIpRule({ trustedProxies: 3, ipHeader: 'x-real-ip' });
    expect(rule(facts(LOOPBACK, { 'x-real-ip': `9.9.9.9, ${CLIENT}` })).ip).toBe(CLIENT);
  });

  it('is read from a Fetch Headers object too', () => {
    const rule = clientIpRule(trusting);
    expect(rule(facts(LOOPBACK, new Headers({ 'X-Forwarded-For': CLIENT }))).ip).toBe(CLIENT);
  });

  it.each([
    [`for=${CLIENT}`, CLIENT],
    [`For="[2001:db8:cafe::17]:4711";proto=https`, '2001:db8:cafe::17'],
    [`for=9.9.9.9, by=10.0.0.1; for = "${CLIENT}:80" ;host=a`, CLIENT],
    ['for=9.9.9.9, for=unknown', undefined],
    ['for=9.9.9.9, for=_hidden', undefined],
    ['for=9.9.9.9, proto=https', undefined],
    [`for=${CLIENT}, for=127.0.0.9`, CLIENT],
    // What a proxy quotes of the client's stays quoted, and what a client left open to the left does not reach the
    // right.
    [`for=${CLIENT};host="x,for=9.9.9.9"`, CLIENT],
    [`for=${CLIENT};host="x;for=9.9.9.9\\",for=8.8.8.8"`, CLIENT],
    [`for="9.9.9.9, for=${CLIENT}`, CLIENT],
    [`"""\\",for=8.8.8.8;, for=${CLIENT}`, CLIENT],
  ])('forwarded: %s', (forwarded, ip) => {
    expect(clientIpRule({ ...trusting, ipHeader: 'forwarded' })(facts(LOOPBACK, { forwarded })).ip).toBe(ip);
  });

  it('is cut when nobody could have sent it', () => {
    const rule = clientIpRule({ trustedProxies: 'private' });
    expect(rule(facts('10.0.0.1', { 'x-forwarded-for': `9.9.9.9,${'10.0.0.2,'.repeat(5_000)}` })).ip).toBe('10.0.0.2');
  });
});

describe('the rule', () => {
  it('refuses an address that is none, with its path', () => {
    const build = (): unknown => clientIpRule({ trustedProxies: ['10.0.0.0/8', '10.0.0.0/33'] });
    expect(build).toThrow(expect.objectContaining({ path: 'options.trustedProxies[1]' }) as Error);
    expect(build).toThrow(expect.toSatisfy((error) => isCrowdsecError(error, 'CROWDSEC_OPTION_INVALID')) as Error);
  });

  it.each([
    [{}, 'disbelieved'],
    [{ trustedProxies: ['192.0.2.7'] }, 'disbelieved'],
    [{ trustedProxies: ['0.0.0.0/0'] }, 'anybody'],
    [{ trustedProxies: ['0.0.0.0/1', '128.0.0.0/1'] }, 'anybody'],
    [{ trustedProxies: () => true }, 'anybody'],
    [{ trustedProxies: 1 }, undefined],
    [{ trustedProxies: ['203.0.113.0/24'] }, undefined],
  ] satisfies readonly (readonly [ClientIpOptions, string | undefined])[])(
    'doubts a header under %o: %s',
    (options, doubt) => {
      expect(clientIpRule(options)(facts(CLIENT, { 'x-forwarded-for': '198.51.100.1' })).doubt).toBe(doubt);
      expect(clientIpRule(options)(facts(CLIENT, {})).doubt).toBeUndefined();
    },
  );

  it.each([
    ['x-forwarded-for', {}],
    ['forwarded', {}],
    ['x-real-ip', {}],
    ['cf-connecting-ip', { ipHeader: 'CF-Connecting-IP' }],
  ] satisfies readonly (readonly [string, ClientIpOptions])[])(
    'doubts %s from who is no trusted proxy, of Node and of Fetch',
    (name, options) => {
      const rule = clientIpRule(options);
      for (const headers of [{ [name]: '198.51.100.1' }, new Headers({ [name]: '198.51.100.1' })])
        expect(rule(facts(CLIENT, headers))).toEqual({ ip: CLIENT, doubt: 'disbelieved' });
      const asMap = new Map([['x-other', '1']]) as unknown as Headers;
      for (const headers of [{ 'x-other': '1' }, new Headers({ 'x-other': '1' }), asMap])
        expect(rule(facts(CLIENT, headers))).toEqual({ ip: CLIENT });
    },
  );

  it.each([
    [{}, false],
    [{ trustedProxies: 'private' }, false],
    [{ trustedProxies: () => true }, false],
    [{ trustedProxies: 1 }, true],
    [{ trustedProxies: 0 }, false],
    [{ clientIp: () => CLIENT }, true],
  ] satisfies readonly (readonly [ClientIpOptions, boolean])[])('%o works without a peer: %s', (options, works) => {
    expect(clientIpRule(options).worksWithoutPeer).toBe(works);
  });
});

type Case = readonly [string, ClientIpOptions, string | undefined, RequestHeaders, string | undefined];

function facts(
  remoteAddress: string | undefined,
  headers: RequestHeaders,
): Parameters<ReturnType<typeof clientIpRule>>[0] {
  return { remoteAddress, method: 'GET', path: '/', headers };
}
