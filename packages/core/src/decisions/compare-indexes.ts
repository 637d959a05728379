import type { DecisionIndex } from './decision-index.js';
import type { DecisionTable } from './decision-table.js';
import type { EventLoopYielder } from './event-loop-yielder.js';
import { FAMILIES } from './row-set.js';
import { compareRows } from './rows.js';

/** So many rows are compared between two looks at the clock. */
const STEPS_PER_SLICE_CHECK = 1024;

/**
 * How many decisions one index has more of than another about the same prefixes, and how many fewer; ends and reasons do not matter. Works in
 * slices.
 *
 * @param now ms since the epoch; what is over by then does not count
 */
export async function compareIndexes(
  before: DecisionIndex,
  after: DecisionIndex,
  { now, yielder }: { readonly now: number; readonly yielder: EventLoopYielder },
): Promise<{ readonly added: number; readonly deleted: number }> {
  let [added, deleted] = [0, 0];
  for (const family of FAMILIES) {
    const [old, next] = [new Prefixes(before.tables[family], now), new Prefixes(after.tables[family], now)];
    for (let step = 1; old.count > 0 || next.count > 0; step++) {
      const order =
        old.count === 0
          ? 1
          : next.count === 0
            ? -1
            : compareRows(old.table, old.row, next.table, next.row, old.table.words);
      const more = (order >= 0 ? next.count : 0) - (order <= 0 ? old.count : 0);
      added += Math.max(0, more);
      deleted += Math.max(0, -more);
      if (order <= 0) old.advance();
      if (order >= 0) next.advance();
      if (step % STEPS_PER_SLICE_CHECK === 0 && yielder.isSliceSpent()) await yielder.yieldToEventLoop();
    }
  }
  return { added, deleted };
}

/** The prefixes of a table, one after the other, each with the number of its rows that are not over. */
class Prefixes {
  readonly table: DecisionTable;
  /** The first row of the prefix at hand. */
  row = 0;
  /** How many rows it has; 0 when there are none left. */
  count = 0;
  readonly #nowSeconds: number;
  #next = 0;

  constructor(table: DecisionTable, now: number) {
    this.table = table;
    this.#nowSeconds = now / 1000;
    this.advance();
  }

  advance(): void {
    const { table } = this;
    this.count = 0;
    while (this.count === 0 && this.#next < table.size) {
      this.row = this.#next;
      do {
        if (table.untilOf(this.#next) > this.#nowSeconds) this.count++;
        this.#next++;
      } while (this.#next < table.size && table.isSamePrefix(this.row, this.#next));
    }
  }
}
