import type { RedisConnection } from './redis-connection.js';
import { ACKNOWLEDGE, APPEND, READ, REPLACE, SET_ENTRIES_ASIDE, SIZE, WAITING } from './redis-journal-scripts.js';
import type { Deadline } from '../deadline.js';
import type { JournalEngine } from './store-engine.js';
import type { JournalEntry, JsonValue } from './store.js';

/** How many entries one command carries at most: nobody else is served while it runs. */
const BATCH = 500;
/** So many entries are read at once at least: damaged ones at the head must not be met one by one. */
const LEAST_READ = 250;
/** A value longer than this, in bytes, was not written here. */
const MOST_ENTRY_BYTES = 8 << 20;
/** How often a read goes on behind damaged entries. */
const READS = 10;
/** Damaged entries stay readable for this long, in ms, and so many of them. */
const KEPT_MS = 30 * 24 * 3_600_000;
const MOST_KEPT = 1_000;

type Accepts = (value: JsonValue) => boolean;

interface Read {
  readonly sound: JournalEntry[];
  /** Of those that cannot be used the id and the SHA-1 of the value by turns. */
  readonly damaged: string[];
}

/** The journal in Redis. The revision of an entry is its value's SHA-1. */
export function redisJournal(redis: RedisConnection, prefix: string): JournalEngine {
  const [order, values, counter] = [`${prefix}order`, `${prefix}values`, `${prefix}counter`];
  let damaged = 0;

  async function readOnce(limit: number, accepts: Accepts, deadline: Deadline): Promise<Read> {
    const args = [String(Math.max(limit, LEAST_READ)), String(MOST_ENTRY_BYTES)];
    const [removed, triples] = asArray(await redis.run(READ, [order, values, counter], args, deadline));
    damaged += Number(removed);
    deadline.extend();
    return entriesOf(asArray(triples), accepts);
  }

  return {
    get damaged() {
      return damaged;
    },
    async append(entries, deadline) {
      for (const batch of batches(entries)) {
        await redis.run(APPEND, [order, values, counter], batch.flatMap(idAndValue), deadline);
        deadline.extend();
      }
    },
    async read(limit, accepts, deadline) {
      if (limit < 1) return [];
      for (let reads = 1; ; reads++) {
        const found = await readOnce(limit, accepts, deadline);
        if (found.damaged.length === 0) return found.sound.slice(0, limit);
        const args = [String(KEPT_MS), String(MOST_KEPT), ...found.damaged];
        damaged += Number(await redis.run(SET_ENTRIES_ASIDE, [order, values, `${prefix}damaged`], args, deadline));
        deadline.extend();
        if (reads === READS) return found.sound.slice(0, limit);
      }
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
        const reply = await redis.run(REPLACE, [order, values], batch.flatMap(idAndValue), deadline);
        gone.push(...asArray(reply).map(String));
        deadline.extend();
      }
      return gone;
    },
    async waiting(ids, deadline) {
      const waiting: string[] = [];
      for (const batch of batches(ids)) {
        const reply = await redis.run(WAITING, [order, values], batch, deadline);
        waiting.push(...asArray(reply).map(String));
        deadline.extend();
      }
      return waiting;
    },
    async size(deadline) {
      const [size, removed] = asArray(await redis.run(SIZE, [order, values, counter], [], deadline));
      damaged += Number(removed);
      return Number(size);
    },
  };
}

function* batches<T>(items: readonly T[]): Generator<readonly T[]> {
  for (let from = 0; from < items.length; from += BATCH) yield items.slice(from, from + BATCH);
}

function idAndValue({ id, value }: JournalEntry): readonly [string, string] {
  return [id, JSON.stringify(value)];
}

function asArray(reply: unknown): readonly unknown[] {
  return Array.isArray(reply) ? reply : [];
}

function entriesOf(triples: readonly unknown[], accepts: Accepts): Read {
  const sound: JournalEntry[] = [];
  const damaged: string[] = [];
  for (let index = 0; index < triples.length; index += 3) {
    const [id = '', text = '', revision = ''] = triples.slice(index, index + 3).map(String);
    const value = parsed(text);
    if (value === undefined || value === null || !accepts(value)) damaged.push(id, revision);
    else sound.push({ id, value, revision });
  }
  return { sound, damaged };
}

function parsed(text: string): JsonValue | undefined {
  try {
    return JSON.parse(text) as JsonValue;
  } catch {
    return undefined;
  }
}
