import { type DecisionDelta, DeltaBuilder } from '../decisions/decision-delta.js';
import type { DecisionIndex } from '../decisions/decision-index.js';
import { rowsOfIndex } from '../decisions/index-rows.js';

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
  return { ...(await rowsOfIndex(index, ({ feed }) => feeds.includes(feed))), replaced: new Set(feeds) };
}
