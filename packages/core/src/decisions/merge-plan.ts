import type { DecisionDelta } from './decision-delta.js';
import type { IndexParts } from './index-blob.js';
import type { MergePlan } from './merge.js';
import { FAMILIES } from './row-set.js';
import type { RowSource } from './row-source.js';
import { NO_SOURCE, SourceTable } from './source-table.js';

/** The sources of the next index, and how the old numbers and those of the delta become theirs. */
export function planMerge(
  held: IndexParts,
  delta: DecisionDelta,
  nowSeconds: number,
): { readonly sources: readonly RowSource[]; readonly plan: MergePlan } {
  const isOver = (source: number): boolean =>
    FAMILIES.every((family) => held.tables[family].stats.lastEnds[source]! <= nowSeconds);
  const table = new SourceTable();
  const feeds = new Map<string, number>();
  const feedOf = ({ feed }: RowSource): number => feeds.get(feed) ?? feeds.set(feed, feeds.size).size - 1;
  const heldSources = Uint16Array.from(held.sources, (source, id) =>
    isOver(id) || delta.replaced.has(source.feed) ? NO_SOURCE : table.idOf(source),
  );
  const newSources = Uint16Array.from(delta.sources, (source) => table.idOf(source));
  const plan = {
    nowSeconds,
    heldSources,
    sameSources: Uint16Array.from(held.sources, (source) => table.find(source) ?? NO_SOURCE),
    newSources,
    heldFeeds: Uint32Array.from(held.sources, feedOf),
    newFeeds: Uint32Array.from(table.sources, feedOf),
  };
  return { sources: table.sources, plan };
}
