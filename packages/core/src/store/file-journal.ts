import { randomBytes } from 'node:crypto';
import { readdir, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { Clock } from '../clock.js';
import type { Deadline } from '../deadline.js';
import { keepAside } from './file-aside.js';
import { withFileLock } from './file-lock.js';
import { makeFolder } from './folder.js';
import { ACKS, type EntryLine, linesOf, OPEN, SEALED } from './journal-segment.js';
import { bySegment, type Place } from './journal-place.js';
import { JournalView } from './journal-view.js';
import { JournalWriter, sealSegment } from './journal-writer.js';
import { openFile } from './open-file.js';
import type { JournalEngine } from './store-engine.js';
import type { JournalEntry, JsonValue } from './store.js';

/** A segment of this process without waiting entries is replaced by a new one above this size, in bytes. */
const ROTATE_BYTES = 64 << 10;
/** A segment of another process that was not written to for this long, in ms, is sealed once nothing waits in it. */
const QUIET_MS = 60_000;
const LOCK = 'journal.lock';

/**
 * The journal as append-only files, one writer each, that all processes read. Segments go, with their acknowledgements, when
 * nothing waits in them any more; a process that died leaves nothing behind but what is still to be sent.
 */
export class FileJournal implements JournalEngine {
  readonly #folder: string;
  readonly #me = `${process.pid}-${randomBytes(6).toString('hex')}`;
  readonly #view: JournalView;
  readonly #writer: JournalWriter;
  #turn: Promise<unknown> = Promise.resolve();

  constructor(folder: string, clock: Clock) {
    this.#folder = folder;
    this.#view = new JournalView(folder);
    this.#writer = new JournalWriter(folder, clock);
  }

  get damaged(): number {
    return this.#view.damaged;
  }

  append(entries: readonly JournalEntry[], deadline: Deadline): Promise<void> {
    return entries.length === 0 ? Promise.resolve() : this.#writer.append(entries.map(this.#lineOf), deadline);
  }

  read(limit: number, accepts: (value: JsonValue) => boolean, deadline: Deadline): Promise<readonly JournalEntry[]> {
    return this.#upToDate(deadline, async () => {
      const oldest = await this.#view.oldest(limit, accepts, deadline);
      // So that others need not find out for themselves. Where that cannot be written, they do.
      await this.#release(this.#view.takeDamaged(), deadline).catch(() => undefined);
      return oldest;
    });
  }

  size(deadline: Deadline): Promise<number> {
    return this.#upToDate(deadline, () => Promise.resolve(this.#view.size));
  }

  async acknowledge(entries: readonly JournalEntry[], deadline: Deadline): Promise<void> {
    if (entries.length === 0) return;
    await this.#alone(deadline, async () => {
      await this.#release(
        entries.flatMap((entry) => this.#view.placesUpTo(entry)),
        deadline,
      );
      await this.#tidy(deadline);
    });
  }

  waiting(ids: readonly string[], deadline: Deadline): Promise<readonly string[]> {
    return this.#upToDate(deadline, () => Promise.resolve(ids.filter((id) => this.#view.placesOf(id).length > 0)));
  }

  async replace(entries: readonly JournalEntry[], deadline: Deadline): Promise<readonly string[]> {
    if (entries.length === 0) return [];
    return this.#alone(deadline, async () => {
      const waiting = entries.filter(({ id }) => this.#view.placesOf(id).length > 0);
      // The first place of an entry is where it stands in the order; nobody needs those between it and the new one.
      const outdated = waiting.flatMap(({ id }) => this.#view.placesOf(id).slice(1));
      await this.append(waiting, deadline);
      await this.#release(outdated, deadline);
      return entries.filter((entry) => !waiting.includes(entry)).map(({ id }) => id);
    });
  }

  /** Ends this process's segment, so that others may remove it. */
  close(): Promise<void> {
    return this.#writer.rotate();
  }

  readonly #lineOf = ({ id, value }: JournalEntry): EntryLine => {
    const generation = this.#view.nextGeneration(id);
    return generation === 0 ? { id, value } : { id, value, generation };
  };

  #upToDate<T>(deadline: Deadline, run: () => Promise<T>): Promise<T> {
    return this.#inTurn(async () => {
      await this.#view.update(deadline);
      return run();
    });
  }

  /** While no other process acknowledges or replaces anything: an entry that is gone must not be replaced any more. */
  #alone<T>(deadline: Deadline, run: () => Promise<T>): Promise<T> {
    return this.#inTurn(async () => {
      await makeFolder(this.#folder);
      return withFileLock(join(this.#folder, LOCK), deadline, async () => {
        await this.#view.update(deadline);
        return run();
      });
    });
  }

  /** One at a time: the view is read and changed across several reads of files. */
  #inTurn<T>(run: () => Promise<T>): Promise<T> {
    const turn = this.#turn.then(run);
    this.#turn = turn.catch(() => undefined);
    return turn;
  }

  /** Records that the values in these places are no longer needed. */
  async #release(places: readonly Place[], deadline: Deadline): Promise<void> {
    for (const [segment, group] of bySegment(places)) {
      deadline.signal.throwIfAborted();
      const { bytes } = linesOf([group.map(({ offset }) => offset)]);
      await using file = await openFile(join(this.#folder, `${segment}.${this.#me}${ACKS}`), 'a', 0o600);
      await file.appendFile(bytes);
      await file.datasync();
      for (const { offset } of group) this.#view.acknowledge(segment, offset);
    }
  }

  /** Seals segments without waiting entries that no process appends to, checks them again, and removes those that are sealed and empty. */
  async #tidy(deadline: Deadline): Promise<void> {
    for (const { key, sealed, waiting } of this.#view.segments()) {
      if (waiting > 0 || sealed) continue;
      if (key === this.#writer.key) await this.#writer.rotate(ROTATE_BYTES);
      else if (await this.#isQuiet(key)) await sealSegment(this.#folder, key);
    }
    await this.#view.update(deadline);
    const done = this.#view.segments().filter(({ sealed, waiting }) => sealed && waiting === 0);
    if (done.length === 0) return;
    const names = await readdir(this.#folder);
    for (const { key, isDamaged } of done) {
      const segment = join(this.#folder, key + SEALED);
      if (isDamaged) await keepAside(segment);
      // The segment before its acknowledgements: without them, all that was ever in it would wait again.
      await rm(segment, { force: true });
      for (const name of names.filter((other) => other.startsWith(`${key}.`) && other.endsWith(ACKS))) {
        await rm(join(this.#folder, name), { force: true });
      }
    }
  }

  /** By the machine's own time, as that of the files is. */
  async #isQuiet(key: string): Promise<boolean> {
    return stat(join(this.#folder, key + OPEN)).then(
      ({ mtimeMs }) => mtimeMs < Date.now() - QUIET_MS,
      () => false,
    );
  }
}
