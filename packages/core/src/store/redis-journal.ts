import { createHash } from 'node:crypto';
import type { RedisConnection } from './redis-connection.js';
import { ACKNOWLEDGE, APPEND, READ, REPLACE, SIZE, WAITING } from './redis-scripts.js';
import type { JournalEngine } from './store-engine.js';
import type { JournalEntry, JsonValue } from './store.js';

/** How many entries one command carries at most: nobody else is served while it runs. */
const BATCH = 500;

/** The journal in Redis: the values in a hash, their order in a sorted set. The revision of an entry is its value's SHA-1. */
export function redisJournal(redis: RedisConnection, prefix: string): JournalEngine {
  const [order, values, counter] = [`${prefix}order`, `${prefix}values`, `${prefix}counter`];
  return {
    async append(entries, deadline) {
      for (const batch of batches(entries)) {
        await redis.run(APPEND, [order, values, counter], batch.flatMap(idAndValue), deadline);
        deadline.extend();
      }
    },
    async read(limit, deadline) {
      if (limit < 1) return [];
      const reply = await redis.run(READ, [order, values], [String(limit)], deadline);
      return entriesOf(Array.isArray(reply) ? reply : []);
    },
    async acknowledge(entries, deadline) {
      for (const batch of batches(entries)) {
        const pairs = batch.flatMap(({ id, revision = '' }) => [id, revision]);
        await redis.run(ACKNOWLEDGE, [order, values], pairs, deadline);
        deadline.extend();
      }
    },
    async replace(entries, deadline) {
      const gone: string[] = [];
      for (const batch of batches(entries)) {
        const reply = await redis.run(REPLACE, [values], batch.flatMap(idAndValue), deadline);
        if (Array.isArray(reply)) gone.push(...reply.map(String));
        deadline.extend();
      }
      return gone;
    },
    async waiting(ids, deadline) {
      const waiting: string[] = [];
      for (const batch of batches(ids)) {
        const reply = await redis.run(WAITING, [order], batch, deadline);
        if (Array.isArray(reply)) waiting.push(...reply.map(String));
        deadline.extend();
      }
      return waiting;
    },
    size: async (deadline) => Number(await redis.run(SIZE, [order], [], deadline)),
  };
}

function* batches<T>(items: readonly T[]): Generator<readonly T[]> {
  for (let from = 0; from < items.length; from += BATCH) yield items.slice(from, from + BATCH);
}

function idAndValue({ id, value }: JournalEntry): readonly [string, string] {
  return [id, JSON.stringify(value)];
}

function entriesOf(pairs: readonly unknown[]): readonly JournalEntry[] {
  const entries: JournalEntry[] = [];
  for (let index = 0; index < pairs.length; index += 2) {
    const text = String(pairs[index + 1]);
    const revision = createHash('sha1').update(text).digest('hex');
    entries.push({ id: String(pairs[index]), value: JSON.parse(text) as JsonValue, revision });
  }
  return entries;
}
