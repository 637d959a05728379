import { readdir, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';

/** What `write-file-atomic` and a fenced write write to before they rename, and what a probe writes. */
const TEMPORARY = /(\.json\.\d+|\.fenced|^probe-.*)$/;
/** A temporary file this old, in ms, was left by a process that died: one lives for the milliseconds of a write. */
const ABANDONED_MS = 10_000;
const SWEEP_EVERY_MS = 30_000;

/**
 * Removes the temporary files of processes that were killed while they wrote: they hold copies of what was written, passwords
 * among it. What fails is tried again with the next call; calls that follow soon do nothing.
 */
export function temporaryFileSweeper(folders: readonly string[]): () => Promise<void> {
  let sweptAt = -Infinity;
  return async () => {
    if (performance.now() - sweptAt < SWEEP_EVERY_MS) return;
    sweptAt = performance.now();
    for (const folder of folders) {
      const names = await readdir(folder).catch(() => []);
      for (const name of names.filter((each) => TEMPORARY.test(each))) await removeIfAbandoned(join(folder, name));
    }
  };
}

/** By the machine's own time, as that of the files is. */
async function removeIfAbandoned(file: string): Promise<void> {
  try {
    const { mtimeMs } = await stat(file);
    if (mtimeMs < Date.now() - ABANDONED_MS) await rm(file, { force: true });
  } catch {
    // Somebody else removed it, or the disk has worse troubles.
  }
}
