import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { PrefixBitmap } from './prefix-bitmap.js';
import { propertyRuns } from '../../test/property-runs.js';

const word = fc.oneof(
  fc.integer({ min: 0, max: 0xffff_ffff }),
  fc.constantFrom(0, 0x1fff_ffff, 0x2000_0000, 0x3fff_ffff, 0x4000_0000, 0x7fff_ffff, 0x8000_0000, 0xffff_ffff),
);

describe('PrefixBitmap', () => {
  it.each([1, 4] as const)('knows all of what was marked, from its first address to its last (%i words)', (words) => {
    const held = fc.record({ word, length: fc.integer({ min: 0, max: 32 * words }) });
    fc.assert(
      fc.property(fc.integer({ min: 6, max: 25 }), held, word, (bits, { word: marked, length }, host) => {
        const bitmap = PrefixBitmap.blank(words, bits);
        const hostBits = length >= 32 ? 0 : 0xffff_ffff >>> length;
        const first = (marked & ~hostBits) >>> 0;
        bitmap.mark(first, length);
        expect(bitmap.find(first)).not.toBe(-1);
        expect(bitmap.find((first | hostBits) >>> 0)).not.toBe(-1);
        expect(bitmap.find((first | (host & hostBits)) >>> 0)).not.toBe(-1);
      }),
      { numRuns: propertyRuns() },
    );
  });

  it('clears what lies elsewhere', () => {
    const v4 = PrefixBitmap.blank(1, 16);
    v4.mark(0x0a01_0000, 16);
    expect([0x0a00_ffff, 0x0a01_8000, 0x0a02_0000].map((at) => v4.find(at) >= 0)).toEqual([false, true, false]);
    const v6 = PrefixBitmap.blank(4, 16);
    v6.mark(0x2001_0db8, 32);
    const asked = [0x2001_0db7, 0x2001_0fff, 0x2a00_0000, 0xfd00_0000];
    expect(asked.map((at) => v6.find(at) >= 0)).toEqual([true, true, false, false]);
  });

  it('forgets everything when it is cleared', () => {
    const bitmap = PrefixBitmap.blank(1, 10);
    bitmap.mark(0, 0);
    bitmap.clear();
    expect(bitmap.find(0x8000_0000)).toBe(-1);
  });
});
