import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { NaiveBuckets, runs } from '../../test/naive-buckets.js';
import type { BucketOptions } from './bucket-options.js';
import { LeakyBuckets } from './leaky-buckets.js';
import { propertyRuns } from '../../test/property-runs.js';

const START = Date.UTC(2026, 0, 1);
const at = (second: number): number => START + second * 1_000;

/** Pours events at these seconds, and tells which of them made the bucket overflow, by number from 1. */
function overflows(options: BucketOptions, seconds: readonly number[], values?: string): number[] {
  const buckets = new LeakyBuckets(options);
  return seconds.flatMap((second, i) => {
    const value = values?.[i];
    const overflow = buckets.pour({ group: 'a', at: at(second), ...(value !== undefined && { distinct: value }) });
    return overflow === undefined ? [] : [i + 1];
  });
}

const three = { capacity: 3, leakspeed: '10s' };
const silent = { ...three, blackhole: '1m' };

describe('a leaky bucket', () => {
  it.each([
    ['holds its capacity', three, [0, 0, 0], []],
    ['overflows by the event after that', three, [0, 1, 2, 3], [4]],
    ['overflows by every event when it holds none', { capacity: 0, leakspeed: '1s' }, [0, 5], [1, 2]],
    ['loses an event every leakspeed', three, [0, 0, 0, 10, 20, 30], []],
    ['overflows when one comes a moment before another has leaked', three, [0, 0, 0, 9.999], [4]],
    ['fills by a stream a little faster than it leaks', three, Array.from({ length: 12 }, (_, i) => i * 8), [12]],
    ['never fills by one that is not', three, Array.from({ length: 100 }, (_, i) => i * 10), []],
    ['starts anew when it has run empty', three, [0, 0, 30, 30, 30, 30], [6]],
    ['is gone when it overflowed', three, [0, 0, 0, 0, 0, 0, 0, 0], [4, 8]],
    ['is silent for its blackhole', silent, [0, 0, 0, 0, 1, 1, 1, 1, 59, 59, 59, 59], [4]],
    ['starts anew after its blackhole', silent, [0, 0, 0, 0, 59, 60, 60, 60, 60], [4, 9]],
    ['takes an event that comes late for one of now', three, [30, 20, 25, 30], [4]],
    ['does not leak faster for events in disorder', three, [30, 0, 30, 1, 30], [4]],
    ['starts anew when the clock was set back', three, [3_600, 3_600, 3_600, 0, 0, 0, 1], [7]],
    ['is not silent for longer because the clock was set back', silent, [3e3, 3e3, 3e3, 3e3, 0, 0, 0, 0], [4, 8]],
    ['empties when the clock is set forward', three, [0, 0, 0, 3_600, 3_600], []],
  ])('%s', (_, options, seconds, expected) => {
    expect(overflows(options, seconds)).toEqual(expected);
  });

  it.each([
    ['counts a value once while it is in the bucket', [0, 1, 2, 3, 4, 5, 6], 'aaabbbc', []],
    ['overflows by as many different values as it takes', [0, 1, 2, 3, 4], 'abacd', [5]],
    ['counts a value again when it has leaked out', [0, 1, 2, 11, 11], 'abcad', [5]],
    ['still knows the values that have not', [0, 1, 2, 11, 11], 'abcbc', []],
  ])('of distinct values %s', (_, seconds, values, expected) => {
    expect(overflows(three, seconds, values)).toEqual(expected);
  });

  it('tells how many events it took, and when the first one happened', () => {
    const buckets = new LeakyBuckets(three);
    const poured = [5, 2, 10, 20, 20, 20].map((second) => buckets.pour({ group: 'a', at: at(second) }));
    expect(poured.slice(0, 4)).toEqual([undefined, undefined, undefined, undefined]);
    expect(poured[4]).toEqual({ eventCount: 5, startAt: at(2) });
    expect(poured[5]).toBeUndefined();
  });

  it('belongs to one group', () => {
    const buckets = new LeakyBuckets({ capacity: 1, leakspeed: '10s' });
    expect(buckets.pour({ group: 'a', at: START })).toBeUndefined();
    expect(buckets.pour({ group: 'b', at: START })).toBeUndefined();
    expect(buckets.pour({ group: 'a', at: START })).toBeDefined();
    expect(buckets.size).toBe(1);
  });

  it('agrees with one that recounts all its events each time', () => {
    const run = fc.property(runs(80), ({ rules, events }) => {
      const { capacity, leakMs, blackholeMs } = rules;
      const options = { capacity, leakspeed: `${leakMs}ms`, ...(blackholeMs > 0 && { blackhole: `${blackholeMs}ms` }) };
      const [buckets, naive] = [new LeakyBuckets(options), new NaiveBuckets(rules)];
      for (const event of events) expect(buckets.pour(event)).toEqual(naive.pour(event));
    });
    fc.assert(run, { numRuns: propertyRuns(500) });
  });
});

describe('many groups', () => {
  const options = { capacity: 1, leakspeed: '1h', maxGroups: 10 };

  it('are bounded, those not seen for longest going first, silent ones too', () => {
    const buckets = new LeakyBuckets({ ...options, blackhole: '1h' });
    buckets.pour({ group: 'silent', at: START });
    expect(buckets.pour({ group: 'silent', at: START })).toBeDefined();
    for (let i = 0; i < 1_000; i++) {
      buckets.pour({ group: `once-${i}`, at: START });
      expect(buckets.size).toBeLessThanOrEqual(10);
    }
    expect(buckets.pour({ group: 'once-999', at: START })).toBeDefined();
    expect(buckets.pour({ group: 'once-0', at: START })).toBeUndefined();
    expect(buckets.pour({ group: 'silent', at: START })).toBeUndefined();
    expect(buckets.pour({ group: 'silent', at: START })).toBeDefined();
  });

  it('do not push out one that is seen again and again', () => {
    const buckets = new LeakyBuckets({ ...options, capacity: 300 });
    let overflowed = 0;
    for (let i = 0; i < 1_200; i++) {
      buckets.pour({ group: `once-${i}`, at: START });
      if (i % 4 === 0 && buckets.pour({ group: 'busy', at: START }) !== undefined) overflowed++;
    }
    expect(buckets.pour({ group: 'busy', at: START })).toEqual({ eventCount: 301, startAt: START });
    expect(overflowed).toBe(0);
  });

  it('are forgotten when they are empty, as others come', () => {
    const buckets = new LeakyBuckets({ capacity: 1, leakspeed: '10s' });
    for (let i = 0; i < 1_000; i++) buckets.pour({ group: `early-${i}`, at: START });
    for (const minute of [10, 20]) buckets.pour({ group: 'late', at: at(minute * 60) });
    expect(buckets.size).toBe(1);
  });
});

describe('wrong options', () => {
  it.each([
    [{ capacity: -1, leakspeed: '1s' }, 'options.capacity'],
    [{ capacity: 1.5, leakspeed: '1s' }, 'options.capacity'],
    [{ capacity: 10_001, leakspeed: '1s' }, 'options.capacity'],
    [{ capacity: 1, leakspeed: '0s' }, 'options.leakspeed'],
    [{ capacity: 1, leakspeed: '10 seconds' }, 'options.leakspeed'],
    [{ capacity: 1, leakspeed: '1s', blackhole: '-1m' }, 'options.blackhole'],
    [{ capacity: 1, leakspeed: '1s', maxGroups: 1 }, 'options.maxGroups'],
    [{ capacity: 1, leakspeed: '1s', leakSpeed: '1s' }, 'options.leakSpeed'],
  ])('are refused: %j', (options, path) => {
    const error = expect.objectContaining({ code: 'CROWDSEC_OPTION_INVALID', path }) as Error;
    expect(() => new LeakyBuckets(options)).toThrow(error);
  });

  it('are named by the path that they came in', () => {
    const make = (): unknown => new LeakyBuckets({ capacity: -1, leakspeed: '1s' }, 'options.whisper');
    expect(make).toThrow(/^options\.whisper\.capacity: /);
  });
});
