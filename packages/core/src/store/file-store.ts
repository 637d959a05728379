import { join } from 'node:path';
import type { Clock } from '../clock.js';
import { FileBlobs } from './file-blobs.js';
import { FileJournal } from './file-journal.js';
import { FileLeases } from './file-leases.js';
import { FileStorage } from './file-storage.js';
import type { StoreEngine } from './store-engine.js';
import type { JsonValue } from './store.js';

/**
 * A folder as a store, for all processes of one machine. Nothing is touched before it is needed: a disk that does not answer
 * holds up a call, not the start.
 */
export function fileStore(folder: string, clock: Clock): StoreEngine {
  const values = new FileStorage(join(folder, 'values'));
  const blobs = new FileBlobs(join(folder, 'blobs'));
  const leases = new FileLeases(join(folder, 'leases'), clock);
  const journal = new FileJournal(join(folder, 'journal'), clock);
  return {
    description: `files in ${folder}`,
    durable: true,
    shared: true,
    crashSafe: true,
    async get(key) {
      const text = await values.get(key);
      try {
        return text === undefined ? undefined : (JSON.parse(text) as JsonValue);
      } catch (error) {
        throw new Error(`${values.fileOf(key)} is damaged: restore it from a copy, or remove it`, { cause: error });
      }
    },
    async put(key, value, fence, deadline) {
      const write = async (): Promise<void> => {
        deadline.signal.throwIfAborted();
        await values.set(key, JSON.stringify(value));
      };
      if (fence !== undefined) return leases.whileHeld(fence, deadline, write);
      await write();
      return true;
    },
    async delete(key) {
      await values.delete(key);
      await blobs.delete(key);
    },
    getBlob: (key, deadline) => blobs.get(key, deadline),
    putBlob: (key, blob, fence, deadline) =>
      blobs.put(key, blob, deadline, async (replace) => {
        if (fence !== undefined) return leases.whileHeld(fence, deadline, replace);
        await replace();
        return true;
      }),
    blobVersion: (key) => blobs.version(key),
    takeLease: (name, holder, ttlMs, deadline) => leases.take(name, holder, ttlMs, deadline),
    holdsLease: (fence) => leases.holds(fence),
    renewLease: (fence, ttlMs, deadline) => leases.renew(fence, ttlMs, deadline),
    releaseLease: (fence, deadline) => leases.release(fence, deadline),
    journal,
    close: () => journal.close(),
  };
}
