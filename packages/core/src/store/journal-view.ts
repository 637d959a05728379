import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Deadline } from '../deadline.js';
import { ACKS, isAcknowledgement, isEntry, OPEN, openIfThere, parsed, readLines, SEALED } from './journal-segment.js';
import { bySegment, neighbours, type Place, revisionOf } from './journal-place.js';
import { codeOf } from './store-error.js';
import type { JournalEntry, JsonValue } from './store.js';

interface Segment {
  sealed: boolean;
  /** Read to the end since it was sealed. What a writer still adds then, it appends again elsewhere. */
  complete: boolean;
  /** Up to where it was read, and each file of acknowledgements of it. */
  read: number;
  readonly acksRead: Map<string, number>;
  /** The waiting entries in it, by offset. */
  readonly waiting: Map<number, string>;
  /** Something in it could not be read. */
  isDamaged: boolean;
}

/**
 * What this process has seen of the journal of all processes: where the waiting entries are, not their values. It is
 * brought up to date by reading what was added to the files since the last time.
 */
export class JournalView {
  readonly #folder: string;
  readonly #segments = new Map<string, Segment>();
  /** The places of each waiting entry, oldest entry first. One that was replaced has several; the last one counts. */
  readonly #entries = new Map<string, Place[]>();
  readonly #damagedPlaces: Place[] = [];
  #damaged = 0;

  constructor(folder: string) {
    this.#folder = folder;
  }

  /** How many lines could not be read, torn ones of a crash among them. */
  get damaged(): number {
    return this.#damaged;
  }

  get size(): number {
    return this.#entries.size;
  }

  /** Every segment with how many of its entries wait. */
  segments(): {
    readonly key: string;
    readonly sealed: boolean;
    readonly waiting: number;
    readonly isDamaged: boolean;
  }[] {
    return [...this.#segments].map(([key, { sealed, waiting, isDamaged }]) => ({
      key,
      sealed,
      waiting: waiting.size,
      isDamaged,
    }));
  }

  placesOf(id: string): readonly Place[] {
    return this.#entries.get(id) ?? [];
  }

  async update(deadline: Deadline): Promise<void> {
    const names = await this.#names();
    const acks = names.filter((name) => name.endsWith(ACKS));
    const found = new Map<string, boolean>();
    for (const name of names) {
      if (name.endsWith(OPEN)) found.set(name.slice(0, -OPEN.length), found.get(name.slice(0, -OPEN.length)) ?? false);
      if (name.endsWith(SEALED)) found.set(name.slice(0, -SEALED.length), true);
    }
    for (const key of this.#segments.keys()) if (!found.has(key)) this.#forget(key);
    for (const [key, sealed] of [...found].sort(([a], [b]) => (a < b ? -1 : 1))) {
      await this.#readSegment(
        key,
        sealed,
        acks.filter((name) => name.startsWith(`${key}.`)),
        deadline,
      );
    }
  }

  /** The place of the value that was read and of those before it; all known places without a revision. */
  placesUpTo({ id, revision }: JournalEntry): readonly Place[] {
    const places = this.placesOf(id);
    return revision === undefined
      ? places
      : places.slice(0, places.findIndex((place) => revisionOf(place) === revision) + 1);
  }

  /** What to write with the next value of an entry. */
  nextGeneration(id: string): number {
    const last = this.placesOf(id).at(-1);
    return last === undefined ? 0 : last.generation + 1;
  }

  /**
   * The oldest waiting entries, read from their files. Values that were damaged since they were found, or that are
   * not accepted, are counted, and waited for no more.
   */
  async oldest(
    limit: number,
    accepts: (value: JsonValue) => boolean,
    deadline: Deadline,
  ): Promise<readonly JournalEntry[]> {
    for (;;) {
      const wanted: [id: string, place: Place][] = [];
      for (const [id, places] of this.#entries) {
        if (wanted.length >= limit) break;
        const place = places.at(-1);
        if (place !== undefined) wanted.push([id, place]);
      }
      const values = new Map<string, JournalEntry>();
      for (const [segment, places] of bySegment(wanted.map(([, place]) => place))) {
        for (const entry of await this.#readEntries(segment, places, deadline)) {
          if (accepts(entry.value)) values.set(entry.id, entry);
        }
      }
      const missing = wanted.filter(([id]) => !values.has(id));
      if (missing.length === 0) return wanted.flatMap(([id]) => values.get(id) ?? []);
      // Their segment is gone, and they with it, or they are damaged. Behind them, others wait.
      for (const [id, place] of missing) if (this.placesOf(id).includes(place)) this.#placeIsDamaged(place);
    }
  }

  /** The places of damaged values that nobody has acknowledged yet; each is handed out once. */
  takeDamaged(): readonly Place[] {
    return this.#damagedPlaces.splice(0);
  }

  #placeIsDamaged(place: Place): void {
    const { segment, offset } = place;
    this.#damagedPlaces.push(place);
    this.#linesAreDamaged(this.#segments.get(segment), 1);
    this.acknowledge(segment, offset);
  }

  #linesAreDamaged(segment: Segment | undefined, count: number): void {
    this.#damaged += count;
    if (segment !== undefined && count > 0) segment.isDamaged = true;
  }

  acknowledge(segment: string, offset: number): void {
    const waiting = this.#segments.get(segment)?.waiting;
    const id = waiting?.get(offset);
    if (id === undefined) return;
    waiting?.delete(offset);
    const left = this.placesOf(id).filter((place) => place.segment !== segment || place.offset !== offset);
    if (left.length === 0) this.#entries.delete(id);
    else this.#entries.set(id, left);
  }

  async #names(): Promise<readonly string[]> {
    try {
      return await readdir(this.#folder);
    } catch (error) {
      if (codeOf(error) === 'ENOENT') return [];
      throw error;
    }
  }

  /** Only a segment without waiting entries is ever removed, so whatever is still known of it was acknowledged. */
  #forget(key: string): void {
    for (const offset of [...(this.#segments.get(key)?.waiting.keys() ?? [])]) this.acknowledge(key, offset);
    this.#segments.delete(key);
  }

  async #readSegment(key: string, sealed: boolean, ackFiles: readonly string[], deadline: Deadline): Promise<void> {
    const segment: Segment = this.#segments.get(key) ?? {
      sealed,
      complete: false,
      read: 0,
      acksRead: new Map(),
      waiting: new Map(),
      isDamaged: false,
    };
    segment.sealed = sealed;
    this.#segments.set(key, segment);
    // First what was acknowledged, then the entries: so that every acknowledged entry is found below and none is remembered needlessly.
    const acknowledged = new Set<number>();
    const acksRead = new Map<string, number>();
    for (const name of ackFiles) {
      const read = await readLines(join(this.#folder, name), segment.acksRead.get(name) ?? 0, deadline, ({ value }) => {
        if (isAcknowledgement(value)) for (const offset of value) acknowledged.add(offset);
      });
      if (read !== undefined) acksRead.set(name, read);
    }
    if (!segment.complete) {
      let unreadable = 0;
      const read = await this.#whicheverIsThere(key, (path) =>
        readLines(
          path,
          segment.read,
          deadline,
          ({ offset, length, value }) => {
            if (isEntry(value))
              this.#add(segment, value.id, { segment: key, offset, length, generation: value.generation ?? 0 });
            else unreadable++;
          },
          () => unreadable++,
        ),
      );
      if (read === undefined) return this.#forget(key);
      // Only now, and all at once: an update that fails half-way is simply made again.
      segment.read = read;
      segment.complete = sealed;
      this.#linesAreDamaged(segment, unreadable);
    }
    for (const [name, at] of acksRead) segment.acksRead.set(name, at);
    for (const offset of acknowledged) this.acknowledge(key, offset);
  }

  #add(segment: Segment, id: string, place: Place): void {
    if (segment.waiting.has(place.offset)) return;
    segment.waiting.set(place.offset, id);
    const places = this.#entries.get(id);
    if (places === undefined) this.#entries.set(id, [place]);
    else places.splice(places.findLastIndex(({ generation }) => generation <= place.generation) + 1, 0, place);
  }

  async #readEntries(key: string, places: readonly Place[], deadline: Deadline): Promise<readonly JournalEntry[]> {
    const handle = await this.#whicheverIsThere(key, openIfThere);
    if (handle === undefined) {
      this.#forget(key);
      return [];
    }
    await using file = handle;
    const entries: JournalEntry[] = [];
    for (const run of neighbours(places)) {
      deadline.signal.throwIfAborted();
      const buffer = Buffer.allocUnsafe(run.end - run.start);
      const { bytesRead } = await file.read(buffer, 0, buffer.length, run.start);
      deadline.extend();
      for (const place of run.places) {
        const start = place.offset - run.start;
        // A file that was cut off gives less than was asked for; the rest of the buffer is not its content.
        if (start + place.length > bytesRead) continue;
        const entry = parsed(buffer.toString('utf8', start, start + place.length));
        if (isEntry(entry)) entries.push({ id: entry.id, value: entry.value, revision: revisionOf(place) });
      }
    }
    return entries;
  }

  /** A segment may be sealed at any moment, between being listed and being opened too. */
  async #whicheverIsThere<T>(key: string, use: (path: string) => Promise<T | undefined>): Promise<T | undefined> {
    const path = join(this.#folder, key);
    const opened = this.#segments.get(key)?.sealed === true ? undefined : await use(path + OPEN);
    return opened ?? use(path + SEALED);
  }
}
