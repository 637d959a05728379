import type { Breather } from './breather.js';
import { type DecisionTable, TableWriter } from './decision-table.js';
import { RunCursor, type RowRuns } from './row-runs.js';
import { compareRows } from './rows.js';
import { NO_SOURCE } from './source-table.js';

/** How the sources of two tables become those of a third. */
export interface MergePlan {
  /** Rows that end by then are left behind, in seconds. */
  readonly nowSeconds: number;
  /** The new number of each held source; `NO_SOURCE` for sources whose rows go. */
  readonly heldSources: Uint16Array;
  /** The new number of each source of the delta. */
  readonly newSources: Uint16Array;
  /** The feed of each held source, by its old number, and of each source of the result, by its new one. */
  readonly heldFeeds: Uint32Array;
  readonly newFeeds: Uint32Array;
}

/** How many prefixes are merged between two looks at the clock. */
const STEPS = 512;

/**
 * Merges new rows into a table, in slices that leave the event loop free in between. For each prefix: what a feed says anew
 * replaces what it said before, in its place; what is over goes; other feeds are left alone. Of one feed's new
 * rows all that are not over stay, so new beats deleted, and two scenarios of one pull stand side by side.
 */
export async function mergeRows(held: DecisionTable, rows: RowRuns, plan: MergePlan, breather: Breather): Promise<DecisionTable> {
  const merge = new Merge(held, rows, plan);
  while (merge.advance(STEPS)) {
    if (breather.tired()) await breather.rest();
  }
  return merge.finish();
}

class Merge {
  readonly #held: DecisionTable;
  readonly #new: RunCursor;
  readonly #plan: MergePlan;
  readonly #writer: TableWriter;
  #row = 0;

  constructor(held: DecisionTable, rows: RowRuns, plan: MergePlan) {
    this.#held = held;
    this.#new = new RunCursor(rows);
    this.#plan = plan;
    this.#writer = new TableWriter(held.words, {
      capacity: countKept(held, plan) + rows.size,
      sources: plan.newFeeds.length,
    });
  }

  /** Merges up to `steps` prefixes; false when none are left. */
  advance(steps: number): boolean {
    for (let i = 0; i < steps; i++) {
      const { run, row } = this.#new;
      if (this.#row === this.#held.size && run === undefined) return false;
      const order =
        run === undefined ? -1
        : this.#row === this.#held.size ? 1
        : compareRows(this.#held, this.#row, run, row, this.#held.words);
      if (order < 0) this.#keep(this.#row++);
      else this.#mergePrefix(order === 0);
    }
    return true;
  }

  finish(): DecisionTable {
    return this.#writer.finish();
  }

  #keep(row: number): void {
    const source = this.#plan.heldSources[this.#held.sourceOf(row)]!;
    const until = this.#held.untilOf(row);
    if (source !== NO_SOURCE && until > this.#plan.nowSeconds) this.#writer.push(this.#held, row, source, until);
  }

  /** Merges the rows of the prefix that the new rows are at. */
  #mergePrefix(isHeld: boolean): void {
    const { words } = this.#held;
    const { run, row } = this.#new;
    const fresh = this.#takeFresh();
    if (!isHeld && fresh.length === 1) {
      if (fresh[0]!.until > this.#plan.nowSeconds) this.#writer.push(run!, row, fresh[0]!.source, fresh[0]!.until);
      return;
    }
    const firstHeld = this.#row;
    while (this.#row < this.#held.size && compareRows(this.#held, this.#row, run!, row, words) === 0) this.#row++;
    const result = this.#settle(firstHeld, fresh);
    // The newest first: a lookup comes from the other side, and of equals the one that was stored first wins.
    for (let i = result.length - 1; i >= 0; i--) this.#writer.push(run!, row, result[i]!.source, result[i]!.until);
  }

  /** The new rows of one prefix, in the order in which they came. */
  #takeFresh(): Fresh[] {
    const { run, row } = this.#new;
    const fresh: Fresh[] = [];
    do {
      const { data, stride } = this.#new.run!;
      const at = this.#new.row * stride + this.#held.words;
      const source = this.#plan.newSources[data[at]! >>> 16]!;
      fresh.push({ source, feed: this.#plan.newFeeds[source]!, until: data[at + 1]! });
      this.#new.advance();
    } while (this.#new.run !== undefined && compareRows(run!, row, this.#new.run, this.#new.row, this.#held.words) === 0);
    return fresh;
  }

  /** What a prefix holds from now on, the oldest first. `firstHeld` up to the row at hand are its held rows. */
  #settle(firstHeld: number, fresh: readonly Fresh[]): Fresh[] {
    const { nowSeconds, heldSources, heldFeeds } = this.#plan;
    const result: Fresh[] = [];
    const said = new Set<number>();
    const say = (feed: number): void => {
      if (said.has(feed)) return;
      said.add(feed);
      for (const row of fresh) if (row.feed === feed && row.until > nowSeconds) addLongest(result, row);
    };
    for (let row = this.#row - 1; row >= firstHeld; row--) {
      const oldSource = this.#held.sourceOf(row);
      const feed = heldFeeds[oldSource]!;
      const source = heldSources[oldSource]!;
      const until = this.#held.untilOf(row);
      if (fresh.some((other) => other.feed === feed)) say(feed);
      else if (source !== NO_SOURCE && until > nowSeconds) result.push({ source, feed, until });
    }
    for (const { feed } of fresh) say(feed);
    return result;
  }
}

interface Fresh {
  readonly source: number;
  readonly feed: number;
  readonly until: number;
}

/** Of two rows that say the same, the longer lasting one stays. */
function addLongest(rows: Fresh[], row: Fresh): void {
  const same = rows.findIndex((other) => other.source === row.source);
  if (same < 0) rows.push(row);
  else if (rows[same]!.until < row.until) rows[same] = row;
}

/** How many rows of the table the merge may keep. */
function countKept(held: DecisionTable, plan: MergePlan): number {
  return held.stats.counts.reduce((sum, count, source) => (plan.heldSources[source] === NO_SOURCE ? sum : sum + count), 0);
}
