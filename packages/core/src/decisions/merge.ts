import type { EventLoopYielder } from './event-loop-yielder.js';
import { type DecisionTable, TableWriter } from './decision-table.js';
import { RunCursor, type RowRuns } from './row-runs.js';
import { compareRows, type Rows } from './rows.js';
import { NO_SOURCE } from './source-table.js';

/** How the sources of two tables become those of a third. */
export interface MergePlan {
  /** Rows that end by then are left behind, in seconds. */
  readonly nowSeconds: number;
  /** The new number of each held source; `NO_SOURCE` for sources whose rows go. */
  readonly heldSources: Uint16Array;
  /** The new number of the source that says the same, also where the held rows go; `NO_SOURCE` if none does. */
  readonly sameSources: Uint16Array;
  /** The new number of each source of the delta. */
  readonly newSources: Uint16Array;
  /** The feed of each held source, by its old number, and of each source of the result, by its new one. */
  readonly heldFeeds: Uint32Array;
  readonly newFeeds: Uint32Array;
}

/** What a merge changed. */
export interface MergedRows {
  readonly table: DecisionTable;
  /** New rows that were not held, or with another end. */
  readonly added: number;
  /** Held rows that a deletion took away; rows of a feed that came whole are not counted. */
  readonly deleted: number;
}

/**
 * How many prefixes are merged between two looks at the clock: few, since a process that just started merges slowly.
 */
const STEPS_PER_SLICE_CHECK = 64;

/**
 * Merges new rows into a table, in slices that leave the event loop free in between. For each prefix: what a feed
 * says anew replaces what it said before, in its place; what is over goes; other feeds are left alone. Of one feed's
 * new rows all that are not over stay, so new beats deleted, and two scenarios of one pull stand side by side.
 */
export async function mergeRows(
  held: DecisionTable,
  rows: RowRuns,
  plan: MergePlan,
  yielder: EventLoopYielder,
): Promise<MergedRows> {
  const merge = new Merge(held, rows, plan);
  while (merge.advance(STEPS_PER_SLICE_CHECK)) {
    if (yielder.isSliceSpent()) await yielder.yieldToEventLoop();
  }
  return merge.finish();
}

class Merge {
  readonly #held: DecisionTable;
  readonly #new: RunCursor;
  readonly #plan: MergePlan;
  readonly #writer: TableWriter;
  #row = 0;
  #added = 0;
  #deleted = 0;

  constructor(held: DecisionTable, rows: RowRuns, plan: MergePlan) {
    this.#held = held;
    this.#new = new RunCursor(rows);
    this.#plan = plan;
    const kept = countKept(held, plan);
    this.#writer = new TableWriter(held.words, {
      capacity: kept + rows.size,
      // Most new rows renew held ones, or there are few of the one or the other.
      expected: Math.max(kept, rows.size),
      sources: plan.newFeeds.length,
    });
  }

  /** Merges up to `steps` prefixes; false when none are left. */
  advance(steps: number): boolean {
    for (let i = 0; i < steps; i++) {
      const { run, row } = this.#new;
      if (this.#row === this.#held.size && run === undefined) return false;
      const order =
        run === undefined
          ? -1
          : this.#row === this.#held.size
            ? 1
            : compareRows(this.#held, this.#row, run, row, this.#held.words);
      if (order < 0) this.#keep(this.#row++);
      else this.#mergePrefix(order === 0);
    }
    return true;
  }

  finish(): MergedRows {
    return { table: this.#writer.finish(), added: this.#added, deleted: this.#deleted };
  }

  #keep(row: number): void {
    const source = this.#plan.heldSources[this.#held.sourceOf(row)]!;
    const until = this.#held.untilOf(row);
    if (source !== NO_SOURCE && until > this.#plan.nowSeconds) this.#writer.push(this.#held, row, source, until);
  }

  /** Merges the rows of the prefix that the new rows are at. */
  #mergePrefix(isHeld: boolean): void {
    const run = this.#new.run!;
    const { row } = this.#new;
    const first = this.#takeFresh();
    const isAlone = !this.#newIsAt(run, row);
    // Nearly all rows are new, or renew the one row of their prefix.
    if (isAlone && (!isHeld || this.#renews(first.feed))) {
      const isInForce = first.until > this.#plan.nowSeconds;
      if (isInForce && !(isHeld && this.#isSameDecision(this.#row, first))) this.#added++;
      if (!isInForce && isHeld && this.#isInForce(this.#row)) this.#deleted++;
      if (isHeld) this.#row++;
      if (isInForce) this.#writer.push(run, row, first.source, first.until);
      return;
    }
    const fresh = [first];
    while (this.#newIsAt(run, row)) fresh.push(this.#takeFresh());
    const firstHeld = this.#row;
    while (this.#heldIsAt(this.#row, run, row)) this.#row++;
    const result = this.#settle(firstHeld, fresh);
    // The newest first: a lookup comes from the other side, and of equals the one that was stored first wins.
    for (let i = result.length - 1; i >= 0; i--) this.#writer.push(run, row, result[i]!.source, result[i]!.until);
  }

  /** The new row at hand; the cursor goes on to the next. */
  #takeFresh(): Fresh {
    const { data, stride } = this.#new.run!;
    const at = this.#new.row * stride + this.#held.words;
    const source = this.#plan.newSources[data[at]! >>> 16]!;
    const until = data[at + 1]!;
    this.#new.advance();
    return { source, feed: this.#plan.newFeeds[source]!, until };
  }

  /** Whether the held row at hand is the only one of its prefix, and the feed's. */
  #renews(feed: number): boolean {
    const isOnly = !this.#heldIsAt(this.#row + 1, this.#held, this.#row);
    return isOnly && this.#plan.heldFeeds[this.#held.sourceOf(this.#row)] === feed;
  }

  /** Whether a held row is not over and its feed does not come whole. */
  #isInForce(row: number): boolean {
    const { heldSources, nowSeconds } = this.#plan;
    return heldSources[this.#held.sourceOf(row)] !== NO_SOURCE && this.#held.untilOf(row) > nowSeconds;
  }

  #isSameDecision(heldRow: number, { source, until }: Fresh): boolean {
    const held = this.#held;
    return this.#plan.sameSources[held.sourceOf(heldRow)] === source && held.untilOf(heldRow) === until;
  }

  #newIsAt(rows: Rows, row: number): boolean {
    const { run } = this.#new;
    return run !== undefined && compareRows(rows, row, run, this.#new.row, this.#held.words) === 0;
  }

  #heldIsAt(heldRow: number, rows: Rows, row: number): boolean {
    return heldRow < this.#held.size && compareRows(this.#held, heldRow, rows, row, this.#held.words) === 0;
  }

  /** What a prefix holds from now on, the oldest first. `firstHeld` up to the row at hand are its held rows. */
  #settle(firstHeld: number, fresh: readonly Fresh[]): Fresh[] {
    const { nowSeconds, heldSources, heldFeeds } = this.#plan;
    const result: Fresh[] = [];
    const addedFeeds = new Set<number>();
    const addFeed = (feed: number): void => {
      if (addedFeeds.has(feed)) return;
      addedFeeds.add(feed);
      for (const row of fresh) if (row.feed === feed && row.until > nowSeconds) addLongest(result, row);
    };
    for (let row = this.#row - 1; row >= firstHeld; row--) {
      const oldSource = this.#held.sourceOf(row);
      const feed = heldFeeds[oldSource]!;
      const source = heldSources[oldSource]!;
      const until = this.#held.untilOf(row);
      // A row that is over has no place that a renewal could take.
      if (until <= nowSeconds) continue;
      if (fresh.some((other) => other.feed === feed)) addFeed(feed);
      else if (source !== NO_SOURCE) result.push({ source, feed, until });
    }
    for (const { feed } of fresh) addFeed(feed);
    this.#countChanges(firstHeld, fresh, result);
    return result;
  }

  #countChanges(firstHeld: number, fresh: readonly Fresh[], result: readonly Fresh[]): void {
    const isFresh = (feed: number): boolean => fresh.some((row) => row.feed === feed);
    const heldRows = Array.from({ length: this.#row - firstHeld }, (_, i) => firstHeld + i);
    for (const row of result) {
      if (isFresh(row.feed) && !heldRows.some((held) => this.#isSameDecision(held, row))) this.#added++;
    }
    for (const row of heldRows) {
      const feed = this.#plan.heldFeeds[this.#held.sourceOf(row)]!;
      const isGone = isFresh(feed) && !result.some((kept) => kept.feed === feed);
      if (isGone && this.#isInForce(row)) this.#deleted++;
    }
  }
}

interface Fresh {
  readonly source: number;
  readonly feed: number;
  readonly until: number;
}

/** Of two equal rows, the one that expires later is kept. */
function addLongest(rows: Fresh[], row: Fresh): void {
  const same = rows.findIndex((other) => other.source === row.source);
  if (same < 0) rows.push(row);
  else if (rows[same]!.until < row.until) rows[same] = row;
}

/** How many rows of the table the merge may keep. */
function countKept(held: DecisionTable, plan: MergePlan): number {
  return held.stats.counts.reduce(
    (sum, count, source) => (plan.heldSources[source] === NO_SOURCE ? sum : sum + count),
    0,
  );
}
