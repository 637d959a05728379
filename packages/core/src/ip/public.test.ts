import ipaddr from 'ipaddr.js';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseIp } from './address.js';
import { parsePrefix } from './prefix.js';
import { isPublicIp, isPublicPrefix } from './public.js';
import { propertyRuns } from '../../test/property-runs.js';

describe('isPublicIp', () => {
  it.each([
    '8.8.8.8',
    '192.0.1.1',
    '192.0.2.1',
    '198.17.255.255',
    '198.20.0.0',
    '198.51.100.1',
    '203.0.113.1',
    '100.128.0.1',
    '172.32.0.1',
    '2001:200::1',
    '2001:db8::1',
    '2003::1',
    '2606:4700::1',
    '3fff::1',
    '::ffff:8.8.8.8',
    // NAT64, 6to4 and Teredo, of 8.8.8.8.
    '64:ff9b::808:808',
    '64:ff9b::8.8.8.8',
    '2002:808:808::1',
    '2001:0:4136:e378:8000:63bf:f7f7:f7f7',
  ])('says yes to %s', (ip) => {
    expect(isPublicIp(parseIp(ip)!)).toBe(true);
  });

  it.each([
    '127.0.0.1',
    '10.1.2.3',
    '172.31.255.255',
    '192.168.0.1',
    '100.64.0.1',
    '169.254.1.1',
    '224.0.0.1',
    '233.252.0.1',
    '240.0.0.1',
    '255.255.255.255',
    '0.0.0.0',
    '192.0.0.1',
    '192.0.0.8',
    '192.0.0.170',
    '192.31.196.1',
    '192.52.193.1',
    '192.88.99.1',
    '192.175.48.1',
    '198.18.0.1',
    '198.19.255.255',
    '::',
    '::1',
    '::8.8.8.8',
    '::ffff:0:808:808',
    'fe80::1',
    'fd00::1',
    'fec0::1',
    'ff02::1',
    '100::1',
    '100:0:0:1::1',
    '5f00::1',
    '4000::1',
    '64:ff9b:1::808:808',
    '2001:2::1',
    '2001:3::1',
    '2001:4:112::1',
    '2001:10::1',
    '2001:20::1',
    '2001:30::1',
    '2620:4f:8000::1',
    '::ffff:10.0.0.1',
    // NAT64, 6to4 and Teredo, of private addresses.
    '64:ff9b::10.0.0.1',
    '64:ff9b::7f00:1',
    '2002:a00:1::1',
    '2002:c0a8:101::1',
    '2002:c612:1::1',
    '2001:0:4136:e378:8000:63bf:f5ff:fffe',
  ])('says no to %s', (ip) => {
    expect(isPublicIp(parseIp(ip)!)).toBe(false);
  });

  it('says no to whatever ipaddr.js does not call unicast, documentation and embedded IPv4 aside', () => {
    const embedded = ['rfc6052', '6to4', 'teredo'];
    const address = fc.oneof(
      fc.ipV4(),
      fc.ipV6(),
      fc
        .tuple(
          fc.constantFrom('2001:', '2002:', '2620:4f:', '64:ff9b:', '192.0.0.', '198.18.0.', '192.88.99.'),
          fc.nat(255),
        )
        .map(([start, end]) => (start.includes(':') ? `${start}:${end.toString(16)}` : `${start}${end}`)),
    );
    fc.assert(
      fc.property(address, (text) => {
        const parsed = ipaddr.process(text);
        const range = parsed.range();
        if (text.startsWith('192.0.2.') || text.startsWith('198.51.100.') || text.startsWith('203.0.113.')) return;
        if (/^(2001:0?db8|3fff):/i.test(text) || embedded.includes(range)) return;
        if (range !== 'unicast') expect(isPublicIp(parseIp(text)!), `${text} is ${range}`).toBe(false);
      }),
      { numRuns: propertyRuns() },
    );
  });
});

describe('isPublicPrefix', () => {
  it.each([
    '8.8.8.0/24',
    '203.0.113.0/24',
    '2606:4700::/32',
    '2001:db8::/32',
    '64:ff9b::808:800/120',
    '2002:808:800::/40',
  ])('says yes to %s', (range) => {
    expect(isPublicPrefix(parsePrefix(range)!)).toBe(true);
  });

  it.each([
    // Ranges with a special-purpose one inside, and parts of one.
    '0.0.0.0/0',
    '192.0.0.0/16',
    '198.16.0.0/13',
    '198.18.7.0/24',
    '10.0.0.0/8',
    '::/0',
    '2000::/3',
    '2001::/16',
    '2001::/32',
    '64:ff9b::/96',
    '64:ff9b::/64',
    '64:ff9b::a00:0/104',
    '2002::/16',
    '2002:a00::/24',
    '::ffff:0:0/95',
    '::ffff:10.0.0.0/104',
  ])('says no to %s', (range) => {
    expect(isPublicPrefix(parsePrefix(range)!)).toBe(false);
  });
});
