import { createHash } from 'node:crypto';
import { LATENESS_MS, type BucketRules } from './bucket-rules.js';
import type { RedisConnection } from './redis-connection.js';
import { POUR } from './redis-scripts.js';
import type { StoreEngine } from './store-engine.js';

/** Leaky buckets in Redis, each a hash that goes by itself once nothing in it counts any more. */
export function redisBuckets(redis: RedisConnection, prefix: string): NonNullable<StoreEngine['pour']> {
  return async (name, rules, { group, at, distinct }, deadline) => {
    const { capacity, leakMs, blackholeMs } = rules;
    const numbers = [at, capacity, leakMs, blackholeMs, LATENESS_MS, lifetimeMs(rules)].map(String);
    const hash = distinct === undefined ? '' : createHash('sha1').update(distinct).digest('base64url').slice(0, 8);
    const reply = await redis.run(POUR, [`${prefix}${name}:${group}`], [...numbers, hash], deadline);
    if (!Array.isArray(reply)) return undefined;
    return { eventCount: Number(reply[0]), startAt: Number(reply[1]) };
  };
}

/** How long a bucket may matter after it was touched; clocks may differ by as much as events may be late. */
function lifetimeMs({ capacity, leakMs, blackholeMs }: BucketRules): number {
  return Math.ceil(Math.max((capacity + 1) * leakMs, blackholeMs) + 2 * LATENESS_MS);
}
