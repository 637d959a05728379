import type { DecisionTable } from './decision-table.js';
import type { EventLoopYielder } from './event-loop-yielder.js';

/** So many rows are changed between two looks at the clock. */
const STEPS_PER_SLICE_CHECK = 256;

/** Rows of tables that are to get other ends in their places. */
export class EndChanges {
  readonly #changes: { readonly table: DecisionTable; readonly row: number; readonly until: number }[] = [];

  /** @param until in seconds since the epoch; 0 deletes the row */
  add(table: DecisionTable, row: number, until: number): void {
    this.#changes.push({ table, row, until });
  }

  /** Makes the changes, in slices that leave the event loop free in between. */
  async carryOut(yielder: EventLoopYielder): Promise<void> {
    for (const [i, { table, row, until }] of this.#changes.entries()) {
      table.changeEnd(row, until);
      if (i % STEPS_PER_SLICE_CHECK === 0 && yielder.isSliceSpent()) await yielder.yieldToEventLoop();
    }
  }
}
