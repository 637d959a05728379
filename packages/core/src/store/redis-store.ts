import { PIECE_BYTES } from './blob-manifest.js';
import type { Codec } from './keyv-codec.js';
import { RedisBlobs, type RedisFence } from './redis-blobs.js';
import { redisBuckets } from './redis-buckets.js';
import type { RedisConnection } from './redis-connection.js';
import { redisJournal } from './redis-journal.js';
import { DELETE, HOLDS_LEASE, PUT, RELEASE_LEASE, RENEW_LEASE, TAKE_LEASE } from './redis-scripts.js';
import type { StoreEngine } from './store-engine.js';

export interface RedisStoreOptions {
  readonly redis: RedisConnection;
  readonly codec: Codec;
  /** In front of every key; see `scopeOf`. */
  readonly prefix: string;
  readonly close: () => void;
}

/**
 * Redis or Valkey as a store, for all processes that share it. Everything goes straight through the client, past the Keyv:
 * its `get` makes a missing value of an outage, it knows no fence, and its owner may `clear()` its namespace, which
 * should empty a cache and not make a new machine.
 */
export function redisStore({ redis, codec, prefix, close }: RedisStoreOptions): StoreEngine {
  const leaseKey = (name: string): string => `${prefix}lease:${name}`;
  const blobs = new RedisBlobs(redis);
  const fenceOf = (fence: { name: string; holder: string } | undefined): RedisFence | undefined =>
    fence && { key: leaseKey(fence.name), holder: fence.holder };
  return {
    description: 'keyv on redis',
    durable: true,
    shared: true,
    crashSafe: true,
    async get(key, deadline) {
      const text = await redis.text(prefix + key, deadline);
      return text === undefined ? undefined : codec.decode(text);
    },
    async put(key, value, fence, deadline) {
      const text = await codec.encode(value);
      const [keys, args] = fence === undefined ? [[], []] : [[leaseKey(fence.name)], [fence.holder]];
      return (await redis.run(PUT, [prefix + key, ...keys], [text, ...args], deadline)) === 1;
    },
    async delete(key, deadline) {
      await redis.run(DELETE, [prefix + key], [String(PIECE_BYTES)], deadline);
    },
    getBlob: (key, deadline) => blobs.get(prefix + key, deadline),
    putBlob: (key, blob, fence, deadline) => blobs.put(prefix + key, blob, fenceOf(fence), deadline),
    blobVersion: (key, deadline) => blobs.version(prefix + key, deadline),
    async takeLease(name, holder, ttlMs, deadline) {
      const keys = [leaseKey(name), `${prefix}lease-token:${name}`];
      const token = Number(await redis.run(TAKE_LEASE, keys, [holder, wholeMs(ttlMs)], deadline));
      return token === 0 ? undefined : token;
    },
    async holdsLease({ name, holder }, deadline) {
      return (await redis.run(HOLDS_LEASE, [leaseKey(name)], [holder], deadline)) === 1;
    },
    async renewLease({ name, holder }, ttlMs, deadline) {
      return (await redis.run(RENEW_LEASE, [leaseKey(name)], [holder, wholeMs(ttlMs)], deadline)) === 1;
    },
    async releaseLease({ name, holder }, deadline) {
      await redis.run(RELEASE_LEASE, [leaseKey(name)], [holder], deadline);
    },
    journal: redisJournal(redis, `${prefix}journal:`),
    pour: redisBuckets(redis, `${prefix}bucket:`),
    close() {
      close();
      return Promise.resolve();
    },
  };
}

function wholeMs(ms: number): string {
  return String(Math.max(1, Math.ceil(ms)));
}
