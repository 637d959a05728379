import { createHash } from 'node:crypto';
import { readdir, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { makeFolder } from './folder.js';
import { openFile } from './open-file.js';
import { codeOf } from './store-error.js';

const SWEEP_EVERY_MS = 60_000;
/** What a claim lasts here beyond the time that was asked for, in ms: the clocks of machine and agent may differ. */
const GRACE_MS = 60_000;

/**
 * Names that may be used once, for all processes of one machine: each an empty file whose time of change is when it ends, removed by later
 * claims when that is over.
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
    void this.#sweep().catch(() => undefined);
    const file = join(this.#folder, createHash('sha256').update(name).digest('hex'));
    if (await create(file, ttlMs)) return true;
    return (await removeIfEnded(file)) && create(file, ttlMs);
  }

  async #sweep(): Promise<void> {
    if (performance.now() - this.#sweptAt < SWEEP_EVERY_MS) return;
    this.#sweptAt = performance.now();
    for (const name of await readdir(this.#folder).catch(() => [])) await removeIfEnded(join(this.#folder, name));
  }
}

async function create(file: string, ttlMs: number): Promise<boolean> {
  try {
    await using created = await openFile(file, 'wx', 0o600);
    const endsAt = (Date.now() + ttlMs) / 1_000;
    await created.utimes(endsAt, endsAt);
    return true;
  } catch (error) {
    if (codeOf(error) === 'EEXIST') return false;
    throw error;
  }
}

async function removeIfEnded(file: string): Promise<boolean> {
  const endsAt = await stat(file).then(
    ({ mtimeMs }) => mtimeMs,
    () => Infinity,
  );
  if (Date.now() <= endsAt + GRACE_MS) return false;
  await rm(file, { force: true });
  return true;
}
