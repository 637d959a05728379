import fc from 'fast-check';
import type { BucketRules, Overflow, Pour } from '../src/store/bucket-rules.js';

type Event = Pour & { readonly countsAt: number };

/**
 * Leaky buckets as one would explain them: a list of events, each of which leaks out some time after the one before it.
 */
export class NaiveBuckets {
  readonly #rules: BucketRules;
  readonly #events = new Map<string, readonly Event[]>();
  readonly #newest = new Map<string, number>();
  readonly #silentUntil = new Map<string, number>();

  constructor(rules: BucketRules) {
    this.#rules = rules;
  }

  pour(event: Pour): Overflow | undefined {
    const { capacity, blackholeMs } = this.#rules;
    const { group, at, distinct } = event;
    if (at < (this.#silentUntil.get(group) ?? -Infinity)) return undefined;
    this.#silentUntil.delete(group);
    const before = this.#events.get(group) ?? [];
    const countsAt = Math.max(at, this.#newest.get(group) ?? -Infinity);
    this.#newest.set(group, countsAt);
    const held = this.#inBucket(before, countsAt);
    if (distinct !== undefined && held.some((each) => each.distinct === distinct)) return undefined;
    const events = [...(held.length === 0 ? [] : before), { ...event, countsAt }];
    this.#events.set(group, events);
    if (held.length < capacity) return undefined;
    this.#events.delete(group);
    this.#newest.delete(group);
    if (blackholeMs > 0) this.#silentUntil.set(group, countsAt + blackholeMs);
    return { eventCount: events.length, startAt: Math.min(...events.map((each) => each.at)) };
  }

  #inBucket(events: readonly Event[], at: number): readonly Event[] {
    let leakedAt = -Infinity;
    return events.filter(({ countsAt }) => (leakedAt = Math.max(leakedAt, countsAt) + this.#rules.leakMs) > at);
  }
}

/**
 * A run of events: some groups, moments that mostly go forward and come up to half a minute late, all with a value or
 * none.
 */
export interface Run {
  readonly rules: BucketRules;
  readonly events: readonly Pour[];
}

export function runs(maxEvents: number): fc.Arbitrary<Run> {
  const rules = fc.record({
    capacity: fc.nat(5),
    leakMs: fc.integer({ min: 1, max: 20_000 }),
    blackholeMs: fc.oneof(fc.constant(0), fc.integer({ min: 1, max: 60_000 })),
    maxGroups: fc.constant(100),
  });
  const step = fc.record({
    group: fc.constantFrom('a', 'b', 'c'),
    stepMs: fc.oneof({ weight: 3, arbitrary: fc.nat(3_000) }, fc.nat(60_000)),
    lateMs: fc.oneof({ weight: 3, arbitrary: fc.constant(0) }, fc.nat(30_000)),
    value: fc.constantFrom('u', 'v', 'w', 'x', 'y', 'z'),
  });
  const steps = fc.array(step, { maxLength: maxEvents, size: 'max' });
  return fc.tuple(rules, steps, fc.boolean()).map(([of, taken, isDistinct]) => {
    let now = Date.UTC(2026, 0, 1);
    const events = taken.map(({ group, stepMs, lateMs, value }) => {
      now += stepMs;
      return { group, at: now - lateMs, ...(isDistinct && { distinct: value }) };
    });
    return { rules: of, events };
  });
}
