import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { Clock } from '../clock.js';
import { DamagedError, parseStored } from './damaged-error.js';
import type { Deadline } from '../deadline.js';
import { withFileLock } from './file-lock.js';
import { FileStorage, type WriteFence } from './file-storage.js';
import { makeFolder } from './folder.js';
import type { Fence } from './store-engine.js';

interface LeaseRecord {
  readonly holder: string;
  readonly token: number;
  readonly expiresAt: number;
  readonly ttlMs: number;
}

/** For how long, in ms, a damaged record counts as held where nobody says for how long it would be taken. */
const MAX_TTL_MS = 20_000;

/**
 * Leases between processes: a record in a file, which is changed only under a short lock. The record stays when its lease
 * has ended, for the token must grow for ever.
 */
export class FileLeases {
  readonly #folder: string;
  readonly #clock: Clock;
  readonly #records: FileStorage;
  /** When this process first saw the current record of a file, by monotonic time. */
  readonly #firstSeen = new Map<string, { readonly record: string; readonly at: number }>();

  readonly #fenced: readonly FileStorage[];

  /** @param guarded where fenced writes put their temporary files, beside the records */
  constructor(folder: string, clock: Clock, guarded: readonly FileStorage[] = []) {
    this.#folder = folder;
    this.#clock = clock;
    this.#records = new FileStorage(folder);
    this.#fenced = [this.#records, ...guarded];
  }

  take(name: string, holder: string, ttlMs: number, deadline: Deadline): Promise<number | undefined> {
    return this.#exclusively(name, deadline, async () => {
      const current = await this.#read(name, ttlMs);
      if (current !== undefined && this.#isHeld(name, current)) return undefined;
      const token = (current?.token ?? 0) + 1;
      await this.#records.set(name, textOf({ holder, token, ttlMs, expiresAt: this.#clock.now() + ttlMs }));
      // After the record, so that later writes detect that the lease was lost.
      await Promise.all(this.#fenced.map((storage) => storage.dropFenced(name)));
      return token;
    });
  }

  async holds({ name, holder }: Fence): Promise<boolean> {
    const current = await this.#read(name);
    return current?.holder === holder && this.#isHeld(name, current);
  }

  renew(fence: Fence, ttlMs: number, deadline: Deadline): Promise<boolean> {
    return this.#rewrite(fence, deadline, () => ({ ...fence, ttlMs, expiresAt: this.#clock.now() + ttlMs }));
  }

  async release(fence: Fence, deadline: Deadline): Promise<void> {
    await this.#rewrite(fence, deadline, () => ({ ...fence, ttlMs: 0, expiresAt: 0 }));
  }

  /**
   * Runs `write` if the lease is held, and lets nobody else take it meanwhile; false when it was lost. A process that was frozen in the
   * middle goes on although somebody else has it by now: so what is written goes through {@link FileStorage.setFenced}.
   */
  whileHeld(fence: Fence, deadline: Deadline, write: (fence: WriteFence) => Promise<boolean>): Promise<boolean> {
    const holds = async (): Promise<boolean> => {
      deadline.signal.throwIfAborted();
      return this.holds(fence);
    };
    return this.#exclusively(
      fence.name,
      deadline,
      async () => (await holds()) && (await write({ lease: fence.name, holds })),
    );
  }

  #rewrite(fence: Fence, deadline: Deadline, record: () => LeaseRecord): Promise<boolean> {
    return this.whileHeld(fence, deadline, (writeFence) =>
      this.#records.setFenced(fence.name, textOf(record()), writeFence),
    );
  }

  async #exclusively<T>(name: string, deadline: Deadline, run: () => Promise<T>): Promise<T> {
    await makeFolder(this.#folder);
    return withFileLock(join(this.#folder, `${name}.lock`), deadline, run);
  }

  /**
   * By wall time, as all processes see it. A wall clock that was set back would keep a dead holder's lease alive for as long:
   * so it also ends when this process has seen it unchanged for its whole length.
   */
  #isHeld(name: string, { holder, token, expiresAt, ttlMs }: LeaseRecord): boolean {
    const record = `${holder} ${token} ${expiresAt}`;
    let seen = this.#firstSeen.get(name);
    if (seen?.record !== record) this.#firstSeen.set(name, (seen = { record, at: this.#clock.monotonic() }));
    return this.#clock.now() < expiresAt && this.#clock.monotonic() - seen.at < ttlMs;
  }

  /**
   * A record that cannot be read may be that of a holder that still works: it counts as a lease that was taken when its
   * file was changed, for as long as whoever asks wants it for. The token goes on from the time, beyond any that was given.
   */
  async #read(name: string, ttlMs = MAX_TTL_MS): Promise<LeaseRecord | undefined> {
    try {
      const text = await this.#records.get(name);
      return text === undefined ? undefined : leaseRecordOf(text);
    } catch (error) {
      if (!(error instanceof DamagedError)) throw error;
      const changedAt = await changeOf(this.#records.fileOf(name));
      return { holder: '', token: Math.floor(this.#clock.now()), ttlMs, expiresAt: changedAt + ttlMs };
    }
  }
}

function textOf({ holder, token, expiresAt, ttlMs }: LeaseRecord): string {
  return JSON.stringify({ holder, token, expiresAt, ttlMs } satisfies LeaseRecord);
}

/** @throws DamagedError for anything but a record */
function leaseRecordOf(text: string): LeaseRecord {
  const value = parseStored(text);
  const { holder, token, expiresAt, ttlMs } = (typeof value === 'object' && value !== null ? value : {}) as Partial<
    Record<keyof LeaseRecord, unknown>
  >;
  const isSound = typeof holder === 'string' && Number.isSafeInteger(token) && isMoment(expiresAt) && isMoment(ttlMs);
  if (!isSound || typeof token !== 'number') throw new DamagedError('it is no record of a lease');
  return { holder, token, expiresAt, ttlMs };
}

function isMoment(value: unknown): value is number {
  return typeof value === 'number' && Number.isFinite(value);
}

async function changeOf(file: string): Promise<number> {
  return stat(file).then(
    ({ mtimeMs }) => mtimeMs,
    () => 0,
  );
}
