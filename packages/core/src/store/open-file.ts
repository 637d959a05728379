import { fdatasync, fsync, futimes } from 'node:fs';
import { open, type FileHandle } from 'node:fs/promises';
import { promisify } from 'node:util';

/**
 * Opens a file, as `open` of Node does. With Plug'n'Play, yarn 4 puts handles of its own in place of Node's, which can neither be written through
 * to the disk nor disposed of: what they lack is added, by their file descriptor.
 */
export async function openFile(path: string, flags: string, mode?: number): Promise<FileHandle> {
  const handle = await open(path, flags, mode);
  if (Symbol.asyncDispose in handle) return handle;
  const { fd } = handle as FileHandle;
  return Object.assign(handle as FileHandle, {
    sync: () => promisify(fsync)(fd),
    datasync: () => promisify(fdatasync)(fd),
    utimes: (accessed: number, modified: number) => promisify(futimes)(fd, accessed, modified),
    [Symbol.asyncDispose]: () => (handle as FileHandle).close(),
  });
}
