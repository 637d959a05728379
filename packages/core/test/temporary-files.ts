import { accessSync, constants, statfsSync } from 'node:fs';

/** A file system in memory, which Linux has. */
const IN_MEMORY = '/dev/shm';
/** What all files of tests hold at once is a part of this, in bytes; some containers have only 64 MiB there. */
const ENOUGH_BYTES = 1 << 30;

/**
 * Has tests, and the processes that they start, put their temporary files into memory where there is room, unless `TMPDIR` says where to. The
 * stores write each change through to the disk: on a common disk the tests would wait for that half of their time.
 */
export function keepTemporaryFilesInMemory(): void {
  if (process.env.TMPDIR === undefined && hasRoom()) process.env.TMPDIR = IN_MEMORY;
}

function hasRoom(): boolean {
  try {
    accessSync(IN_MEMORY, constants.W_OK);
    const { bavail, bsize } = statfsSync(IN_MEMORY);
    return bavail * bsize >= ENOUGH_BYTES;
  } catch {
    return false;
  }
}
