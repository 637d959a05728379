import type { RedisConnection } from './redis-connection.js';
import { ACKNOWLEDGE, APPEND, READ, SIZE } from './redis-scripts.js';
import type { JournalEngine } from './store-engine.js';
import type { JournalEntry, JsonValue } from './store.js';

/** How many entries one command carries at most: nobody else is served while it runs. */
const BATCH = 500;

/** The journal in Redis: the values in a hash, their order in a sorted set. */
export function redisJournal(redis: RedisConnection, prefix: string): JournalEngine {
  const [order, values, counter] = [`${prefix}order`, `${prefix}values`, `${prefix}counter`];
  return {
    async append(entries, deadline) {
      for (const batch of batches(entries)) {
        const pairs = batch.flatMap(({ id, value }) => [id, JSON.stringify(value)]);
        await redis.run(APPEND, [order, values, counter], pairs, deadline);
        deadline.extend();
      }
    },
    async read(limit, deadline) {
      if (limit < 1) return [];
      const reply = await redis.run(READ, [order, values], [String(limit)], deadline);
      return entriesOf(Array.isArray(reply) ? reply : []);
    },
    async acknowledge(ids, deadline) {
      for (const batch of batches(ids)) {
        await redis.run(ACKNOWLEDGE, [order, values], batch, deadline);
        deadline.extend();
      }
    },
    size: async (deadline) => Number(await redis.run(SIZE, [order], [], deadline)),
  };
}

function* batches<T>(items: readonly T[]): Generator<readonly T[]> {
  for (let from = 0; from < items.length; from += BATCH) yield items.slice(from, from + BATCH);
}

function entriesOf(pairs: readonly unknown[]): readonly JournalEntry[] {
  const entries: JournalEntry[] = [];
  for (let index = 0; index < pairs.length; index += 2) {
    entries.push({ id: String(pairs[index]), value: JSON.parse(String(pairs[index + 1])) as JsonValue });
  }
  return entries;
}
