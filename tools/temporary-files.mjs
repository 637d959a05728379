import { accessSync, constants, statfsSync } from 'node:fs';
import process from 'node:process';

/** A file system in memory, which Linux has. */
const IN_MEMORY = '/dev/shm';
/** What all files of tests hold at once is a part of this, in bytes; some containers have only 64 MiB there. */
const ENOUGH_BYTES = 1 << 30;

/**
 * Has this process, and those that it starts, put their temporary files into memory where there is room, unless `TMPDIR` says where to. The
 * stores write each change through to the disk: on a common disk tests would wait for that half of their time.
 */
export function keepTemporaryFilesInMemory() {
  if (process.env.TMPDIR === undefined && hasRoom()) process.env.TMPDIR = IN_MEMORY;
}

function hasRoom() {
  try {
    accessSync(IN_MEMORY, constants.W_OK);
    const { bavail, bsize } = statfsSync(IN_MEMORY);
    return bavail * bsize >= ENOUGH_BYTES;
  } catch {
    return false;
  }
}
