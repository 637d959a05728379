import type { RedisConnection } from './redis-connection.js';
import { ACKNOWLEDGE, APPEND, READ, REPLACE, SET_ENTRIES_ASIDE, SIZE, WAITING } from './redis-journal-scripts.js';
import type { Deadline } from '../deadline.js';
import type { JournalEngine } from './store-engine.js';
import type { JournalEntry, JsonValue } from './store.js';

/** How many entries one command carries at most: Redis serves no other client while it runs. */
const BATCH = 500;
/** The minimum number of entries per read, so that damaged ones at the head do not take one read each. */
const LEAST_READ = 250;
/** A value longer than this, in bytes, was not written here. */
const MAX_ENTRY_BYTES = 8 << 20;
/** How often a read goes on behind damaged entries. */
const READS = 10;
/** How long copies of damaged entries are kept, in ms, and how many of them. */
const KEPT_MS = 30 * 24 * 3_600_000;
const MAX_KEPT = 1_000;

type Accepts = (value: JsonValue) => boolean;

interface Read {
  readonly sound: JournalEntry[];
  /** Of each entry that cannot be used its id, followed by the SHA-1 of its value. */
  readonly damaged: string[];
}

/** The journal in Redis. The revision of an entry is its value's SHA-1. */
export function redisJournal(redis: RedisConnection, prefix: string): JournalEngine {
  const [order, values, counter] = [`${prefix}order`, `${prefix}values`, `${prefix}counter`];
  let damaged = 0;

  async function readOnce(limit: number, accepts: Accepts, deadline: Deadline): Promise<Read> {
    const args = [String(Math.max(limit, LEAST_READ)), String(MAX_ENTRY_BYTES)];
    const [removed, triples] = asArray(await redis.run(READ, [order, values, counter], args, deadline));
    damaged += Number(removed);
    deadline.extend();
    return entriesOf(asArray(triples), accepts);
  }

  /** Runs a script once for each batch, with the arguments of its items; resolves to the texts that all runs returned. */
  async function runInBatches<T>(
    script: string,
    keys: readonly string[],
    items: readonly T[],
    argumentsOf: (item: T) => readonly string[],
    deadline: Deadline,
  ): Promise<string[]> {
    const replies: string[] = [];
    for (const batch of batches(items)) {
      replies.push(...asArray(await redis.run(script, keys, batch.flatMap(argumentsOf), deadline)).map(String));
      deadline.extend();
    }
    return replies;
  }

  return {
    get damaged() {
      return damaged;
    },
    append: async (entries, deadline) => {
      await runInBatches(APPEND, [order, values, counter], entries, idAndValue, deadline);
    },
    async read(limit, accepts, deadline) {
      if (limit < 1) return [];
      for (let reads = 1; ; reads++) {
        const found = await readOnce(limit, accepts, deadline);
        if (found.damaged.length === 0) return found.sound.slice(0, limit);
        const args = [String(KEPT_MS), String(MAX_KEPT), ...found.damaged];
        damaged += Number(await redis.run(SET_ENTRIES_ASIDE, [order, values, `${prefix}damaged`], args, deadline));
        deadline.extend();
        if (reads === READS) return found.sound.slice(0, limit);
      }
    },
    acknowledge: async (entries, deadline) => {
      await runInBatches(ACKNOWLEDGE, [order, values], entries, idAndRevision, deadline);
    },
    replace: (entries, deadline) => runInBatches(REPLACE, [order, values], entries, idAndValue, deadline),
    waiting: (ids, deadline) => runInBatches(WAITING, [order, values], ids, (id) => [id], deadline),
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

function idAndRevision({ id, revision = '' }: JournalEntry): readonly [string, string] {
  return [id, revision];
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
