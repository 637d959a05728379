import type { Clock } from '../clock.js';
import { KeyvBlobs } from './keyv-blobs.js';
import type { KeyvLike } from './keyv-like.js';
import { KeyvValues } from './keyv-values.js';
import { localJournal } from './local-journal.js';
import { LocalLeases } from './local-leases.js';
import type { StoreEngine } from './store-engine.js';

export interface KeyvStoreOptions {
  readonly keyv: KeyvLike;
  /** In front of every key. */
  readonly prefix: string;
  readonly description: string;
  readonly durable: boolean;
  readonly clock: Clock;
  readonly close?: () => void;
}

/** Any Keyv as a store: values and blobs in it, leases and the journal in this process. */
export function keyvStore({ keyv, prefix, description, durable, clock, close }: KeyvStoreOptions): StoreEngine {
  const values = new KeyvValues(keyv, prefix);
  const blobs = new KeyvBlobs(values);
  const leases = new LocalLeases(clock);
  return {
    description,
    durable,
    shared: false,
    networked: false,
    crashSafe: false,
    get: (key) => values.get(key),
    async put(key, value, fence) {
      if (fence !== undefined && !leases.holds(fence)) return false;
      await values.put(key, value);
      return true;
    },
    delete: (key, deadline) => blobs.delete(key, deadline),
    getBlob: (key, deadline) => blobs.get(key, deadline),
    putBlob: (key, blob, fence, deadline) =>
      blobs.put(key, blob, deadline, () => fence === undefined || leases.holds(fence)),
    blobVersion: (key) => blobs.version(key),
    async setAside(key, blob) {
      if (blob === undefined) {
        // What the Keyv cannot decode, it cannot copy either.
        const value = await values.get(key).catch(() => undefined);
        if (value === undefined) return undefined;
        await values.put(`${key}.damaged`, value);
      } else {
        await values.put(`${key}.damaged`, { ...blob });
        await blobs.setAside(key, blob);
      }
      return `${prefix}${key}.damaged`;
    },
    async probe() {
      await values.put('probe', '');
      await values.delete('probe');
    },
    takeLease: (name, holder, ttlMs) => Promise.resolve(leases.take(name, holder, ttlMs)),
    holdsLease: (fence) => Promise.resolve(leases.holds(fence)),
    renewLease: (fence, ttlMs) => Promise.resolve(leases.renew(fence, ttlMs)),
    releaseLease: (fence) => Promise.resolve(leases.release(fence)),
    journal: localJournal(),
    close() {
      values.close();
      close?.();
      return Promise.resolve();
    },
  };
}
