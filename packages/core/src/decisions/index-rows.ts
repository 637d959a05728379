import { type DecisionDelta, DeltaBuilder } from './decision-delta.js';
import type { DecisionIndex } from './decision-index.js';
import { EventLoopYielder } from './event-loop-yielder.js';
import { FAMILIES, RowSet } from './row-set.js';
import type { RowSource } from './row-source.js';

/** So many rows are looked at between two looks at the clock. */
const ROWS_PER_SLICE_CHECK = 1024;

/** The rows that an index holds of some sources, to carry them over to another index. They replace nothing but their own. */
export async function rowsOfIndex(
  index: DecisionIndex,
  isWanted: (source: RowSource) => boolean,
): Promise<DecisionDelta> {
  const builder = new DeltaBuilder();
  const sourceIds = index.sources.map((source) => (isWanted(source) ? builder.sourceId(source) : undefined));
  const rows = new RowSet();
  const yielder = new EventLoopYielder();
  const key = new Uint32Array(4);
  for (const family of FAMILIES) {
    const table = index.tables[family];
    // Of equal prefixes the one stored first stands last.
    for (let row = table.size - 1; row >= 0; row--) {
      const source = sourceIds[table.sourceOf(row)];
      if (source !== undefined) {
        const at = row * table.stride;
        for (let i = 0; i < table.words; i++) key[i] = table.data[at + i]!;
        rows[family].add(key, table.lengthOf(row), source, table.untilOf(row));
      }
      if (row % ROWS_PER_SLICE_CHECK === 0 && yielder.isSliceSpent()) await yielder.yieldToEventLoop();
    }
  }
  return { ...builder.build(), rows };
}
