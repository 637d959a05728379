import type { DeltaBuilder } from '../decisions/decision-delta.js';
import type { EventLoopYielder } from '../decisions/event-loop-yielder.js';
import { untilOf } from '../decisions/row-source.js';
import type { StreamRow } from './stream-row.js';

/** What one answer said of its rows. */
export interface RowChanges {
  readonly added: readonly StreamRow[];
  readonly deleted: readonly StreamRow[];
}

/** So many rows are taken between two looks at the clock. */
const STEPS = 64;

interface LedgerRow {
  readonly row: StreamRow;
  readonly until: number;
}

/**
 * Every row of an LAPI that is asked with `dedup=false`, by its id: there rows stand for themselves, and one that ends may leave others of
 * the same scope, type and value. What holds of each is the row that ends last. Kept in memory by the process that pulls, and begun anew
 * by every full answer.
 */
export class DecisionLedger {
  readonly #byId = new Map<number, LedgerRow>();
  readonly #byKey = new Map<string, Set<number>>();

  /** Forgets everything, before a full answer. */
  clear(): void {
    this.#byId.clear();
    this.#byKey.clear();
  }

  /**
   * Takes an answer's changes, and puts what they come to into a delta; in slices that leave the event loop free in between.
   *
   * @param about.now when the answer came, in ms since the epoch
   */
  async apply(
    { added, deleted }: RowChanges,
    { delta, now, yielder }: { readonly delta: DeltaBuilder; readonly now: number; readonly yielder: EventLoopYielder },
  ): Promise<void> {
    const touched = new Map<string, StreamRow>();
    const inSlices = async <T>(items: Iterable<T>, each: (item: T) => void): Promise<void> => {
      let done = 0;
      for (const item of items) {
        each(item);
        if (++done % STEPS === 0 && yielder.isSliceSpent()) await yielder.yieldToEventLoop();
      }
    };
    await inSlices(deleted, (row) => {
      this.#remove(row.id);
      touched.set(row.key, row);
    });
    await inSlices(added, (row) => {
      this.#add(row, row.durationMs > 0 ? untilOf(now + row.durationMs) : 0);
      touched.set(row.key, row);
    });
    await inSlices(touched, ([key, row]) => this.#tell(key, row, delta, now));
  }

  #add(row: StreamRow, until: number): void {
    if (row.id === undefined) return;
    this.#remove(row.id);
    this.#byId.set(row.id, { row, until });
    const ids = this.#byKey.get(row.key);
    if (ids === undefined) this.#byKey.set(row.key, new Set([row.id]));
    else ids.add(row.id);
  }

  #remove(id: number | undefined): void {
    const held = id === undefined ? undefined : this.#byId.get(id);
    if (id === undefined || held === undefined) return;
    this.#byId.delete(id);
    const ids = this.#byKey.get(held.row.key);
    ids?.delete(id);
    if (ids?.size === 0) this.#byKey.delete(held.row.key);
  }

  #tell(key: string, about: StreamRow, delta: DeltaBuilder, now: number): void {
    let longest: LedgerRow | undefined;
    for (const id of this.#byKey.get(key) ?? []) {
      const held = this.#byId.get(id)!;
      if (held.until * 1000 > now && held.until > (longest?.until ?? 0)) longest = held;
    }
    const { kind, value, source } = longest?.row ?? about;
    if (longest === undefined) delta.delete(kind, value, delta.sourceId(source));
    else delta.add(kind, value, delta.sourceId(source), longest.until);
  }
}
