import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';

/**
 * A new folder among the temporary ones of this machine, which is there until this process ends: by itself, by an error, or by a signal after
 * {@link exitOnSignals}. What writes into it should be ended before: by a listener to `exit` that is put before others
 * (`process.prependOnceListener`).
 *
 * @param {string} prefix of its name
 */
export function temporaryFolder(prefix) {
  const folder = mkdtempSync(join(tmpdir(), prefix));
  // Processes that have just been killed may write for some milliseconds more.
  process.once('exit', () => rmSync(folder, { recursive: true, force: true, maxRetries: 10, retryDelay: 50 }));
  return folder;
}

/**
 * Has this process exit at SIGINT and SIGTERM, so that listeners to `exit` end what it has started and remove what it has made. They are left in
 * peace by further signals: Ctrl+C under npm sends two.
 */
export function exitOnSignals() {
  for (const signal of /** @type {const} */ (['SIGINT', 'SIGTERM'])) process.on(signal, () => process.exit(1));
}
