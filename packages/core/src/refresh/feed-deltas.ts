import { EventLoopYielder } from '../decisions/event-loop-yielder.js';
import { type DecisionDelta, DeltaBuilder } from '../decisions/decision-delta.js';
import type { DecisionIndex } from '../decisions/decision-index.js';
import { FAMILIES, RowSet } from '../decisions/row-set.js';

/** The feeds of an index, each once. */
export function feedsIn({ sources }: DecisionIndex): readonly string[] {
  return [...new Set(sources.map(({ feed }) => feed))];
}

/** Lets go of all rows of these feeds. */
export function deletionOfFeeds(feeds: readonly string[]): DecisionDelta {
  const delta = new DeltaBuilder();
  for (const feed of feeds) delta.drop(feed);
  return delta.build();
}

/** All rows that an index holds of these feeds, to carry them over to another index. */
export async function rowsOfFeeds(index: DecisionIndex, feeds: readonly string[]): Promise<DecisionDelta> {
  const builder = new DeltaBuilder();
  const sourceIds = index.sources.map((source) => (feeds.includes(source.feed) ? builder.sourceId(source) : undefined));
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
      if (row % ROWS === 0 && yielder.isSliceSpent()) await yielder.yieldToEventLoop();
    }
  }
  return { ...builder.build(), rows, replaced: new Set(feeds) };
}

/** So many rows are looked at between two looks at the clock. */
const ROWS = 1024;
