import { randomBytes } from 'node:crypto';
import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Clock } from '../clock.js';
import { FileBlobs } from './file-blobs.js';
import { FileClaims } from './file-claims.js';
import { FileJournal } from './file-journal.js';
import { FileLeases } from './file-leases.js';
import { DamagedError, parseStored } from './damaged-error.js';
import { FileStorage } from './file-storage.js';
import { temporaryFileSweeper } from './file-sweep.js';
import { makeFolder } from './folder.js';
import type { StoreEngine } from './store-engine.js';

/** One block of a common disk: a disk that is full has not even that. */
const PROBE_BYTES = 4 << 10;
/** After a write that failed: as much as the writes that must succeed next, so that a nearly full disk does not count as cured. */
const PROBE_AFTER_FAILURE_BYTES = 64 << 10;

/**
 * A folder as a store, for all processes of one machine. Nothing is touched before it is needed: a disk that does not answer
 * holds up a call, not the start.
 */
export function fileStore(folder: string, clock: Clock): StoreEngine {
  const valuesFolder = join(folder, 'values');
  const values = new FileStorage(valuesFolder);
  const manifests = new FileStorage(join(folder, 'blobs'));
  const blobs = new FileBlobs(manifests);
  const leases = new FileLeases(join(folder, 'leases'), clock, [values, manifests]);
  const journal = new FileJournal(join(folder, 'journal'), clock);
  const claims = new FileClaims(join(folder, 'claims'));
  const sweep = temporaryFileSweeper(['values', 'blobs', 'leases'].map((name) => join(folder, name)));
  return {
    description: `files in ${folder}`,
    durable: true,
    shared: true,
    networked: false,
    crashSafe: true,
    async get(key) {
      try {
        const text = await values.get(key);
        return text === undefined ? undefined : parseStored(text);
      } catch (error) {
        if (error instanceof DamagedError) throw new DamagedError(`${error.message} (${values.fileOf(key)})`);
        throw error;
      }
    },
    async put(key, value, fence, deadline) {
      deadline.signal.throwIfAborted();
      const text = JSON.stringify(value);
      if (fence === undefined) return values.set(key, text);
      return leases.whileHeld(fence, deadline, (writeFence) => values.setFenced(key, text, writeFence));
    },
    async delete(key) {
      await values.delete(key);
      await blobs.delete(key);
    },
    getBlob: (key, deadline) => blobs.get(key, deadline),
    putBlob: (key, blob, fence, deadline) =>
      blobs.put(key, blob, deadline, (replace) =>
        fence === undefined ? replace() : leases.whileHeld(fence, deadline, replace),
      ),
    blobVersion: (key) => blobs.version(key),
    setAside: async (key, blob) =>
      (blob === undefined ? await values.setAside(key) : undefined) ?? blobs.setAside(key, blob),
    async probe({ afterFailure }) {
      await writeAndRemove(valuesFolder, afterFailure ? PROBE_AFTER_FAILURE_BYTES : PROBE_BYTES);
      await sweep();
    },
    takeLease: (name, holder, ttlMs, deadline) => leases.take(name, holder, ttlMs, deadline),
    holdsLease: (fence) => leases.holds(fence),
    renewLease: (fence, ttlMs, deadline) => leases.renew(fence, ttlMs, deadline),
    releaseLease: (fence, deadline) => leases.release(fence, deadline),
    journal,
    claim: (name, ttlMs) => claims.claim(name, ttlMs),
    close: () => journal.close(),
  };
}

/** Writes a file of so many bytes to the folder, and removes it. */
async function writeAndRemove(folder: string, bytes: number): Promise<void> {
  const file = join(folder, `probe-${process.pid}-${randomBytes(4).toString('hex')}`);
  await makeFolder(folder);
  try {
    await writeFile(file, Buffer.alloc(bytes), { flag: 'wx', mode: 0o600 });
  } finally {
    await rm(file, { force: true });
  }
}
