import { mkdir } from 'node:fs/promises';
import { openFile } from './open-file.js';

/** Makes a folder, and those above it, for this user alone. */
export async function makeFolder(path: string): Promise<void> {
  await mkdir(path, { recursive: true, mode: 0o700 });
}

/** Makes a new or renamed name in a folder survive a power cut, where the system can. */
export async function syncFolder(path: string): Promise<void> {
  try {
    await using folder = await openFile(path, 'r');
    await folder.sync();
  } catch {
    // Windows opens no folders; what was written is there in any case, only its name may be lost with the power.
  }
}
