import { randomBytes } from 'node:crypto';
import { type FileHandle, rename, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { Clock } from '../clock.js';
import type { Deadline } from '../deadline.js';
import { makeFolder, syncFolder } from './folder.js';
import { type EntryLine, linesOf, OPEN, SEALED } from './journal-segment.js';
import { openFile } from './open-file.js';
import { codeOf } from './store-error.js';

/** A segment that has grown to this size, in bytes, is sealed: small enough to go soon when its entries are answered. */
const SEGMENT_BYTES = 4 << 20;

interface OpenSegment {
  readonly key: string;
  readonly path: string;
  readonly handle: FileHandle;
  size: number;
}

/**
 * Appends to this process's own segment of the journal. Any process may seal any segment, by renaming it; the writer notices
 * that after the append, and appends the same entries again to a new one. So no entry ever rests on knowing which
 * processes are alive.
 */
export class JournalWriter {
  readonly #folder: string;
  readonly #clock: Clock;
  readonly #random = randomBytes(6).toString('hex');
  #started = 0;
  #created = 0;
  #segment: OpenSegment | undefined;
  #turn: Promise<unknown> = Promise.resolve();

  constructor(folder: string, clock: Clock) {
    this.#folder = folder;
    this.#clock = clock;
  }

  /** The key of the segment that is being written. */
  get key(): string | undefined {
    return this.#segment?.key;
  }

  append(entries: readonly EntryLine[], deadline: Deadline): Promise<void> {
    return this.#inTurn(async () => {
      deadline.signal.throwIfAborted();
      const { bytes } = linesOf(entries);
      do {
        await this.#leaveIfDamaged();
        this.#segment ??= await this.#create();
        await this.#segment.handle.appendFile(bytes);
        await this.#segment.handle.datasync();
        this.#segment.size += bytes.length;
      } while (await this.#wasSealed());
      if (this.#segment.size >= SEGMENT_BYTES) await this.#seal();
    });
  }

  /** Ends the segment that is being written, if it has grown beyond a size in bytes: the next append begins a new one. */
  rotate(beyond = 0): Promise<void> {
    return this.#inTurn(async () => {
      if (this.#segment !== undefined && this.#segment.size > beyond) await this.#seal();
    });
  }

  async #inTurn<T>(run: () => Promise<T>): Promise<T> {
    const turn = this.#turn.then(run);
    this.#turn = turn.catch(() => undefined);
    return turn;
  }

  async #create(): Promise<OpenSegment> {
    await makeFolder(this.#folder);
    // The names sort by time, then by number: that is the order in which the segments are read.
    this.#started = Math.max(this.#started, Math.floor(this.#clock.now()));
    const number = String(this.#created++).padStart(8, '0');
    const key = `${String(this.#started).padStart(15, '0')}-${process.pid}-${this.#random}-${number}`;
    const path = join(this.#folder, key + OPEN);
    const handle = await openFile(path, 'ax', 0o600);
    await syncFolder(this.#folder);
    return { key, path, handle, size: 0 };
  }

  /** A segment that was cut off gets nothing more: places in it were told to others, and must not be used again. */
  async #leaveIfDamaged(): Promise<void> {
    if (this.#segment === undefined) return;
    const { size } = await this.#segment.handle.stat();
    if (size < this.#segment.size) await this.#seal();
  }

  async #wasSealed(): Promise<boolean> {
    const segment = this.#segment;
    if (segment === undefined) return false;
    try {
      // Not `access`: on Deno that asks for this user's id, which takes a permission of its own.
      await stat(segment.path);
      return false;
    } catch (error) {
      if (codeOf(error) !== 'ENOENT') throw error;
      this.#segment = undefined;
      await segment.handle.close();
      return true;
    }
  }

  async #seal(): Promise<void> {
    const segment = this.#segment;
    if (segment === undefined) return;
    this.#segment = undefined;
    await segment.handle.close();
    await sealSegment(this.#folder, segment.key);
  }
}

/** Seals a segment; that it is sealed or gone already is as good. */
export async function sealSegment(folder: string, key: string): Promise<void> {
  try {
    await rename(join(folder, key + OPEN), join(folder, key + SEALED));
  } catch (error) {
    if (codeOf(error) !== 'ENOENT') throw error;
  }
}
