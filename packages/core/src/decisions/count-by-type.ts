import type { DecisionIndex } from './decision-index.js';
import { FAMILIES } from './row-set.js';

/** How many decisions of one origin and type are held. */
export interface TypeCount {
  readonly origin: string;
  readonly type: string;
  readonly count: number;
}

/**
 * How many rows of each origin and type these indexes hold, with the same reserve as {@link DecisionIndex.counts}.
 *
 * @param now ms since the epoch
 */
export function countByType(indexes: readonly DecisionIndex[], now: number): readonly TypeCount[] {
  const counts = new Map<string, { origin: string; type: string; count: number }>();
  for (const { sources, tables } of indexes) {
    sources.forEach(({ origin, type, allow }, source) => {
      const shown = allow ? 'allow' : type;
      const key = JSON.stringify([origin, shown]);
      const entry = counts.get(key) ?? { origin, type: shown, count: 0 };
      for (const family of FAMILIES) {
        const { counts: held, lastEnds } = tables[family].stats;
        if (lastEnds[source]! * 1000 > now) entry.count += held[source]!;
      }
      counts.set(key, entry);
    });
  }
  return [...counts.values()].filter(({ count }) => count > 0);
}
