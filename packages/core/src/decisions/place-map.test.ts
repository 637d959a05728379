import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { PlaceMap } from './place-map.js';

const word = fc.oneof(
  fc.integer({ min: 0, max: 0xffff_ffff }),
  fc.constantFrom(0, 0x1fff_ffff, 0x2000_0000, 0x3fff_ffff, 0x4000_0000, 0x7fff_ffff, 0x8000_0000, 0xffff_ffff),
);

describe('PlaceMap', () => {
  it.each([1, 4] as const)('knows all of what was marked, from its first address to its last (%i words)', (words) => {
    const held = fc.record({ word, length: fc.integer({ min: 0, max: 32 * words }) });
    fc.assert(
      fc.property(fc.integer({ min: 5, max: 25 }), held, word, (bits, { word: marked, length }, host) => {
        const places = PlaceMap.blank(words, bits);
        const hostBits = length >= 32 ? 0 : 0xffff_ffff >>> length;
        const first = (marked & ~hostBits) >>> 0;
        places.mark(first, length);
        expect(places.has(first)).toBe(true);
        expect(places.has((first | hostBits) >>> 0)).toBe(true);
        expect(places.has((first | (host & hostBits)) >>> 0)).toBe(true);
      }),
    );
  });

  it('clears what lies elsewhere', () => {
    const v4 = PlaceMap.blank(1, 16);
    v4.mark(0x0a01_0000, 16);
    expect([0x0a00_ffff, 0x0a01_8000, 0x0a02_0000].map((at) => v4.has(at))).toEqual([false, true, false]);
    const v6 = PlaceMap.blank(4, 16);
    v6.mark(0x2001_0db8, 32);
    const asked = [0x2001_0db7, 0x2001_0fff, 0x2a00_0000, 0xfd00_0000];
    expect(asked.map((at) => v6.has(at))).toEqual([true, true, false, false]);
  });

  it('forgets everything when it is cleared', () => {
    const places = PlaceMap.blank(1, 10);
    places.mark(0, 0);
    places.clear();
    expect(places.has(0x8000_0000)).toBe(false);
  });
});
