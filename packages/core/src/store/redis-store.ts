import type { Clock } from '../clock.js';
import { PIECE_BYTES } from './blob-manifest.js';
import { DamagedError } from './damaged-error.js';
import type { Codec } from './keyv-codec.js';
import { RedisBlobs, type RedisFence } from './redis-blobs.js';
import { redisBuckets } from './redis-buckets.js';
import type { RedisConnection } from './redis-connection.js';
import { redisJournal } from './redis-journal.js';
import { CLAIM, DELETE, HOLDS_LEASE, PROBE, PUT, RELEASE_LEASE, RENEW_LEASE, TAKE_LEASE } from './redis-scripts.js';
import type { StoreEngine } from './store-engine.js';

export interface RedisStoreOptions {
  readonly redis: RedisConnection;
  readonly codec: Codec;
  /** In front of every key; see `scopeOf`. */
  readonly prefix: string;
  readonly clock: Clock;
  readonly close: () => void;
  /** As people know it: `redis at 127.0.0.1:6379`. */
  readonly description: string;
}

/**
 * Redis or Valkey as a store, for all processes that share it. Everything goes straight through the client, past the Keyv:
 * its `get` makes a missing value of an outage, it knows no fence, and its owner may `clear()` its namespace, which
 * should empty a cache and not make a new machine.
 */
export function redisStore({ redis, codec, prefix, clock, close, description }: RedisStoreOptions): StoreEngine {
  const leaseKey = (name: string): string => `${prefix}lease:${name}`;
  const blobs = new RedisBlobs(redis);
  const fenceOf = (fence: { name: string; holder: string } | undefined): RedisFence | undefined =>
    fence && { key: leaseKey(fence.name), holder: fence.holder };
  return {
    description,
    get trouble() {
      return redis.trouble;
    },
    durable: true,
    shared: true,
    networked: true,
    crashSafe: true,
    async get(key, deadline) {
      const text = await redis.text(prefix + key, deadline);
      if (text === undefined) return undefined;
      return codec.decode(text).catch((error: unknown) => {
        // Without what the decoder says, for it may quote the value.
        throw new DamagedError('it cannot be decoded', { cause: error });
      });
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
    async setAside(key, blob, deadline) {
      const copy = await redis.setAside(prefix + key, deadline);
      if (blob !== undefined) await blobs.setAside(prefix + key, blob, deadline);
      return copy;
    },
    async probe(_, deadline) {
      await redis.run(PROBE, [`${prefix}probe`], [], deadline);
    },
    ...redisLeases(redis, leaseKey, `${prefix}lease-token:`, clock),
    journal: redisJournal(redis, `${prefix}journal:`),
    pour: redisBuckets(redis, `${prefix}bucket:`),
    async claim(name, ttlMs, deadline) {
      return (await redis.run(CLAIM, [`${prefix}claim:${name}`], [wholeMs(ttlMs)], deadline)) === 1;
    },
    close() {
      redis.close();
      close();
      return Promise.resolve();
    },
  };
}

/** Leases, each a key with an expiry of its own. */
function redisLeases(
  redis: RedisConnection,
  leaseKey: (name: string) => string,
  tokenPrefix: string,
  clock: Clock,
): Pick<StoreEngine, 'takeLease' | 'holdsLease' | 'renewLease' | 'releaseLease'> {
  return {
    async takeLease(name, holder, ttlMs, deadline) {
      const keys = [leaseKey(name), tokenPrefix + name];
      const token = Number(await redis.run(TAKE_LEASE, keys, [holder, wholeMs(ttlMs), wholeMs(clock.now())], deadline));
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
  };
}

function wholeMs(ms: number): string {
  return String(Math.max(1, Math.ceil(ms)));
}
