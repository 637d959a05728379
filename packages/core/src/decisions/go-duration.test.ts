import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { formatGoDuration, parseGoDuration } from './go-duration.js';
import { propertyRuns } from '../../test/property-runs.js';

describe('parseGoDuration', () => {
  it.each([
    ['3h24m5957ms', 12246],
    ['24h0m0s', 86400],
    ['3600s', 3600],
    ['1h30m', 5400],
    ['1500ms', 2],
    ['59.5s', 60],
    ['1.5s', 2],
    ['1h1.5m', 3690],
    ['.5s', 1],
    ['-1h', -3600],
    ['+1h', 3600],
    ['0s', 0],
    ['100us', 0],
    ['100µs', 0],
    ['10ns', 0],
    ['1h1.5ms', 3600],
    ['24H', 0],
    ['24h ', 0],
    ['24hours', 0],
    ['250ms', 0],
    ['1h1h', 7200],
    ['99999999999999999999h', 0],
  ])('reads %j as %d s, rounded; 0 for what is refused', (text, seconds) => {
    expect(Math.round((parseGoDuration(text) ?? 0) / 1000)).toBe(seconds);
  });

  it.each([
    '',
    '7d',
    '3600',
    'PT1H',
    '1',
    '-',
    's',
    '.s',
    '1.h.',
    '1h ',
    ' 1h',
    '1H',
    '1h1',
    '--1h',
    '2562048h',
    '1e3s',
    '1_0s',
  ])('refuses %j', (text) => {
    expect(parseGoDuration(text)).toBeUndefined();
  });

  it.each([
    ['0', 0],
    ['-0', 0],
    ['167h59m59.123s', 604_799_123],
    ['1.5h', 5_400_000],
    ['-5m', -300_000],
    ['2562047h', 9_223_369_200_000],
  ])('reads %j as %d ms', (text, ms) => {
    expect(parseGoDuration(text)).toBeCloseTo(ms, 3);
  });

  it('does not take long over a long text', () => {
    const start = performance.now();
    expect(parseGoDuration('1'.repeat(100_000))).toBeUndefined();
    expect(performance.now() - start).toBeLessThan(1000);
  });
});

describe('formatGoDuration', () => {
  it.each([
    [0, '0s'],
    [250, '250ms'],
    [1500, '1.5s'],
    [90_000, '1m30s'],
    [14_400_000, '4h0m0s'],
    [-3_600_000, '-1h0m0s'],
  ])('writes %d ms as %s', (ms, text) => {
    expect(formatGoDuration(ms)).toBe(text);
  });

  it('writes what is read as the same', () => {
    fc.assert(
      fc.property(fc.integer({ min: -1e9, max: 1e9 }), (ms) => {
        expect(parseGoDuration(formatGoDuration(ms))).toBeCloseTo(ms, 2);
      }),
      { numRuns: propertyRuns() },
    );
  });
});
