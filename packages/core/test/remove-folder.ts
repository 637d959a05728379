import { rm } from 'node:fs/promises';

/**
 * Removes a folder for state. An agent that did not end its work within its time to stop may be writing a file or a lease yet: what appears
 * meanwhile is removed as well.
 */
export function removeFolder(path: string): Promise<void> {
  return rm(path, { recursive: true, force: true, maxRetries: 50, retryDelay: 20 });
}
