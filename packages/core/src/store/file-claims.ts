import { createHash } from 'node:crypto';
import { open, readdir, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { makeFolder } from './folder.js';
import { codeOf } from './store-error.js';

const SWEEP_EVERY_MS = 60_000;
/** What a claim lasts here beyond the time that was asked for, in ms: the clocks of machine and agent may differ. */
const GRACE_MS = 60_000;

/**
 * Names that may be used once, for all processes of one machine: each an empty file, removed by later claims when its time is over.
 */
export class FileClaims {
  readonly #folder: string;
  #sweptAt = -Infinity;

  constructor(folder: string) {
    this.#folder = folder;
  }

  /** Whether nobody has claimed the name within `ttlMs`, by the machine's own time, as that of the files is. */
  async claim(name: string, ttlMs: number): Promise<boolean> {
    await makeFolder(this.#folder);
    await this.#sweep();
    // The name of the file says how long it is needed, for those who sweep.
    const file = join(this.#folder, `${createHash('sha256').update(name).digest('hex')}-${Math.ceil(ttlMs)}`);
    if (await create(file)) return true;
    return (await removeIfEnded(file)) && create(file);
  }

  async #sweep(): Promise<void> {
    if (performance.now() - this.#sweptAt < SWEEP_EVERY_MS) return;
    this.#sweptAt = performance.now();
    for (const name of await readdir(this.#folder).catch(() => [])) await removeIfEnded(join(this.#folder, name));
  }
}

async function create(file: string): Promise<boolean> {
  try {
    await using _ = await open(file, 'wx', 0o600);
    return true;
  } catch (error) {
    if (codeOf(error) === 'EEXIST') return false;
    throw error;
  }
}

async function removeIfEnded(file: string): Promise<boolean> {
  const ttlMs = Number(file.slice(file.lastIndexOf('-') + 1));
  const changedAt = await stat(file).then(
    ({ mtimeMs }) => mtimeMs,
    () => Infinity,
  );
  if (!(Date.now() > changedAt + ttlMs + GRACE_MS)) return false;
  await rm(file, { force: true });
  return true;
}
