import fc from 'fast-check';
import ipaddr from 'ipaddr.js';
import { describe, expect, it } from 'vitest';
import { canonicalIp, formatIp, parseIp } from './address.js';
import { readAddress, readPrefix, takeWords, words } from './parse.js';
import { parsePrefix } from './prefix.js';
import { propertyRuns } from '../../test/property-runs.js';

describe('canonicalIp', () => {
  it.each([
    ['1.2.3.4', '1.2.3.4'],
    ['255.255.255.255', '255.255.255.255'],
    ['0.0.0.0', '0.0.0.0'],
    ['2001:DB8::A', '2001:db8::a'],
    ['2001:0db8:0000:0000:0000:0000:0000:0001', '2001:db8::1'],
    ['::', '::'],
    ['1::', '1::'],
    ['::1', '::1'],
    ['1:0:0:2:0:0:0:3', '1:0:0:2::3'],
    ['1:0:2:3:4:5:6:7', '1:0:2:3:4:5:6:7'],
    ['1:2:3:4:5:6:7::', '1:2:3:4:5:6:7:0'],
    ['64:ff9b::192.0.2.1', '64:ff9b::c000:201'],
    ['fe80::1%eth0', 'fe80::1'],
    ['::ffff:1.2.3.4', '1.2.3.4'],
    ['::FFFF:102:304', '1.2.3.4'],
    ['0:0:0:0:0:ffff:1.2.3.4%lo', '1.2.3.4'],
  ])('reads %s as %s', (text, canonical) => {
    expect(canonicalIp(text)).toBe(canonical);
  });

  it.each([
    '',
    ' ',
    '1.2.3',
    '1.2.3.4.5',
    '1.2.3.4 ',
    ' 1.2.3.4',
    '1.2.3.4:80',
    '001.2.3.4',
    '1.2.3.04',
    '1.2.3.256',
    '1..3.4',
    '0x1.2.3.4',
    '1.2.3.4%eth0',
    '[::1]',
    ':',
    ':::',
    '1:',
    ':1',
    '1::2::3',
    '1:2:3:4:5:6:7',
    '1:2:3:4:5:6:7:8:9',
    '1:2:3:4:5:6:7:8::',
    '12345::',
    'g::',
    '::1.2.3',
    '::1.2.3.4:5',
    '1:2:3:4:5:6:7:1.2.3.4',
    'fe80::1%',
    '%eth0',
    'fe80::1%a b',
    '2001/db8//1',
    '1.2.3.4/32',
    '１.2.3.4',
  ])('refuses %j', (text) => {
    expect(canonicalIp(text)).toBeUndefined();
  });

  it('agrees with another parser on any IPv6 address, in any spelling', () => {
    fc.assert(
      fc.property(fc.ipV6(), (text) => {
        // The reference takes the deprecated `::1.2.3.4` for IPv4; it is an IPv6 address like others (RFC 4291,
        // 2.5.5.1).
        fc.pre(
          !parseIp(text)!
            .words.slice(0, 3)
            .every((word) => word === 0),
        );
        expect(canonicalIp(text)).toBe(reference(text));
      }),
      { numRuns: propertyRuns(2000) },
    );
  });

  it('leaves no other spelling of an address with runs of zeros as it is', () => {
    const groups = fc.array(fc.constantFrom(0, 0, 1, 0xa, 0x1b, 0xabc, 0xffff), { minLength: 8, maxLength: 8 });
    fc.assert(
      fc.property(groups, fc.nat(7), fc.integer({ min: 1, max: 8 }), (all, start, length) => {
        fc.pre(all.slice(0, 3).some((group) => group !== 0));
        // Any run of zeros may be left out in what is read; one of them may in what is written.
        const isGap = all.slice(start, start + length).every((group) => group === 0);
        const hex = (part: readonly number[]): string => part.map((group) => group.toString(16)).join(':');
        const text = isGap ? `${hex(all.slice(0, start))}::${hex(all.slice(start + length))}` : hex(all);
        expect(canonicalIp(text)).toBe(reference(text));
        expect(canonicalIp(reference(text))).toBe(reference(text));
      }),
      { numRuns: propertyRuns(2000) },
    );
  });

  it('agrees with another parser on what is no address', () => {
    const noise = fc.string({ unit: fc.constantFrom(...'0123456789abfF:.%/ '.split('')), maxLength: 24 });
    fc.assert(
      fc.property(noise, (text) => {
        const isIp = ipaddr.IPv6.isValid(text) || ipaddr.IPv4.isValidFourPartDecimal(text);
        // The reference also takes an empty or odd zone, and IPv4 with leading zeros.
        if (!text.includes('%') && !/(^|\.|:)0\d+(\.|$)/.test(text)) expect(parseIp(text) !== undefined).toBe(isIp);
      }),
      { numRuns: propertyRuns(5000) },
    );
  });

  it('is read again as the same address', () => {
    const words = fc
      .array(fc.nat(0xffff_ffff), { minLength: 4, maxLength: 4 })
      .filter(([a, b, c]) => a !== 0 || b !== 0 || c !== 0xffff);
    fc.assert(
      fc.property(words, (v6) => {
        expect(parseIp(formatIp({ family: 6, words: v6 }))).toEqual({ family: 6, words: v6 });
      }),
      { numRuns: propertyRuns() },
    );
  });
});

describe('what was read last', () => {
  const texts = [
    '192.0.2.1',
    '::ffff:192.0.2.1',
    '::FFFF:c000:201',
    '2001:db8::1',
    '2001:DB8:0::1',
    '10.0.0.0/8',
    'x',
    '',
  ];
  const copyOf = (text: string): string => Buffer.from(text).toString();
  const calls: Readonly<Record<string, (text: string) => unknown>> = {
    read: (text) => {
      const family = readAddress(text);
      return { family, words: family === 0 ? [] : [...words.subarray(0, family === 4 ? 1 : 4)] };
    },
    parseIp,
    parsePrefix,
    canonicalIp,
    readPrefix: (text) => readPrefix(text, 0, text.length),
    part: (text) => readPrefix(`<${text}>`, 1, text.length + 1),
    take: () => takeWords(4, [7]),
  };

  it('changes nothing about what is read next, whatever the two are', () => {
    const afterAnother = (name: string, text: string): unknown => {
      parseIp('198.51.100.255');
      return calls[name]?.(text);
    };
    const call = fc.record({ name: fc.constantFrom(...Object.keys(calls)), text: fc.constantFrom(...texts) });
    fc.assert(
      fc.property(fc.array(call, { minLength: 2, maxLength: 6 }), (sequence) => {
        const expected = sequence.map(({ name, text }) => afterAnother(name, text));
        parseIp('198.51.100.255');
        expect(sequence.map(({ name, text }) => calls[name]?.(copyOf(text)))).toEqual(expected);
      }),
      { numRuns: propertyRuns(2000) },
    );
  });
});

function reference(text: string): string {
  const address = ipaddr.process(text);
  return address.kind() === 'ipv4' ? address.toString() : (address as ipaddr.IPv6).toRFC5952String();
}
