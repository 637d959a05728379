import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { propertyRuns } from '../../test/property-runs.js';
import { formatIp, parseIp } from './address.js';
import { formatPrefix, parsePrefix, prefixHolds, PrefixSet, type IpPrefix } from './prefix.js';

describe('parsePrefix', () => {
  it.each([
    ['1.2.3.77/24', '1.2.3.0/24'],
    ['1.2.3.4', '1.2.3.4'],
    ['1.2.3.4/32', '1.2.3.4'],
    ['255.255.255.255/0', '0.0.0.0/0'],
    ['2001:DB8:ffff::/33', '2001:db8:8000::/33'],
    ['2001:db8::1/128', '2001:db8::1'],
    ['::1/0', '::/0'],
    ['::ffff:1.2.3.77/120', '1.2.3.0/24'],
    ['::ffff:1.2.3.4/96', '0.0.0.0/0'],
    ['::ffff:1.2.3.4/64', '::/64'],
  ])('reads %s as %s', (text, canonical) => {
    expect(formatPrefix(parsePrefix(text)!)).toBe(canonical);
  });

  it.each([
    '1.2.3.0/33',
    '1.2.3.0/',
    '1.2.3.0/abc',
    '1.2.3.0/08',
    '1.2.3.0/-1',
    '1.2.3.0/+8',
    '1.2.3/24',
    '/24',
    '::/129',
    '1.2.3.4/24/8',
    '1.2.3.* ',
    '::1/ 8',
  ])('refuses %j', (text) => {
    expect(parsePrefix(text)).toBeUndefined();
  });
});

describe('PrefixSet', () => {
  const set = PrefixSet.from(['10.0.0.0/8', '::1', '2001:db8::/33']);

  it.each([
    '10.0.0.0',
    '10.255.255.255',
    '::ffff:10.1.1.1',
    '::1',
    '2001:db8::',
    '2001:db8:7fff:ffff:ffff:ffff:ffff:ffff',
  ])('holds %s', (ip) => {
    expect(set.has(parseIp(ip)!)).toBe(true);
  });

  it.each(['9.255.255.255', '11.0.0.0', '::', '::2', '2001:db8:8000::', '::a00:1'])('does not hold %s', (ip) => {
    expect(set.has(parseIp(ip)!)).toBe(false);
  });

  it('tells by bits what prefixHolds tells, of addresses and prefixes of every length', () => {
    const prefixes = fc.record({
      word: fc.integer({ min: 0, max: 0xffff_ffff }),
      length: fc.integer({ min: 0, max: 32 }),
    });
    // Near each other, or most of them would have nothing in common.
    const near = fc.record({ bit: fc.integer({ min: 0, max: 31 }), length: fc.integer({ min: 0, max: 32 }) });
    const read = (word: number, length: number): IpPrefix =>
      parsePrefix(`${formatIp({ family: 4, words: [word >>> 0] })}/${length}`)!;
    fc.assert(
      fc.property(fc.array(prefixes, { minLength: 1, maxLength: 5 }), near, (of, { bit, length }) => {
        const all = of.map((prefix) => read(prefix.word, prefix.length));
        const word = (of[0]!.word ^ (1 << bit)) >>> 0;
        const [address, other] = [read(word, 32), read(word, length)];
        const prefixSet = PrefixSet.from(all.map((prefix) => `${formatIp(prefix)}/${prefix.length}`));
        expect(prefixSet.size).toBe(all.length);
        expect(prefixSet.has(address)).toBe(all.some((prefix) => prefixHolds(prefix, address)));
        expect(prefixSet.touches(other)).toBe(
          all.some((prefix) => prefixHolds(prefix, other) || prefixHolds(other, prefix)),
        );
      }),
      { numRuns: propertyRuns(500) },
    );
  });

  it('names the first text that is no prefix', () => {
    expect(() => PrefixSet.from(['10.0.0.0/8', 'nonsense'], 'trustedProxies')).toThrow(
      expect.objectContaining({ code: 'CROWDSEC_OPTION_INVALID', path: 'trustedProxies[1]' }) as Error,
    );
  });
});
