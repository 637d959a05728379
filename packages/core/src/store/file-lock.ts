import { rm } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';
import { lock } from 'proper-lockfile';
import type { Deadline } from '../deadline.js';
import { codeOf } from './store-error.js';

/** A lock older than this, in ms, was left by a process that died within the few milliseconds that one is held. */
const STALE_MS = 3_000;

/** Runs `run` while no other process runs under the same lock file; waits for its turn as long as the deadline lasts. */
export async function withFileLock<T>(lockfilePath: string, { signal }: Deadline, run: () => Promise<T>): Promise<T> {
  const unlock = await takeLock(lockfilePath, signal);
  try {
    signal.throwIfAborted();
    return await run();
  } finally {
    await unlock();
  }
}

async function takeLock(lockfilePath: string, signal: AbortSignal): Promise<() => Promise<void>> {
  for (;;) {
    signal.throwIfAborted();
    try {
      let lost = false;
      const unlock = await lock(lockfilePath, {
        lockfilePath,
        realpath: false,
        stale: STALE_MS,
        onCompromised: () => (lost = true),
      });
      return async () => (lost ? undefined : unlock().catch(() => undefined));
    } catch (error) {
      // A lock is an empty folder. Anything else in its place is no lock, and would be in the way for ever.
      if (codeOf(error) === 'ENOTDIR' || codeOf(error) === 'ENOTEMPTY') {
        await rm(lockfilePath, { force: true, recursive: true });
        continue;
      }
      if (codeOf(error) !== 'ELOCKED') throw error;
      await delay(2 + Math.random() * 10);
    }
  }
}
