import { describe, expect, it } from 'vitest';
import { CrowdsecError } from '../errors.js';
import type { Overflow, Pour } from '../store/bucket-rules.js';
import { sharedBuckets } from './shared-buckets.js';

const options = { capacity: 1, leakspeed: '10s' };
const event: Pour = { group: 'a', at: 0 };

describe('shared buckets', () => {
  it('are those of the store, under their owner and by the rules', async () => {
    const overflow: Overflow = { eventCount: 7, startAt: 0 };
    const asked: unknown[] = [];
    const pour = async (...args: unknown[]): Promise<Overflow> => {
      asked.push(args);
      return overflow;
    };
    expect(await sharedBuckets({ pour, reachable: true }, 'acme.trap', options).pour(event)).toBe(overflow);
    const rules = { capacity: 1, leakMs: 10_000, blackholeMs: 0, maxGroups: 100_000 };
    expect(asked).toEqual([['acme.trap:1-10000-0', rules, event]]);
  });

  it('are those of the process where the store has none', async () => {
    const buckets = sharedBuckets({ reachable: true }, 'acme.trap', options);
    expect(await buckets.pour(event)).toBeUndefined();
    expect(await buckets.pour(event)).toEqual({ eventCount: 2, startAt: 0 });
  });

  it('are those of the process while the store is out of reach, which is asked no more until it is back', async () => {
    let asked = 0;
    const store = {
      reachable: true,
      pour: async (): Promise<Overflow | undefined> => {
        asked++;
        store.reachable = false;
        throw new CrowdsecError('CROWDSEC_STORE_UNAVAILABLE', 'no answer');
      },
    };
    const buckets = sharedBuckets(store, 'acme.trap', options);
    expect(await buckets.pour(event)).toBeUndefined();
    expect(await buckets.pour(event)).toEqual({ eventCount: 2, startAt: 0 });
    expect(asked).toBe(1);
  });

  it('refuse wrong options when they are made', () => {
    const make = (): unknown => sharedBuckets({ reachable: true }, 'acme.trap', { ...options, capacity: -1 });
    expect(make).toThrow(/^options\.capacity: /);
  });
});
