import { CrowdsecError } from '../errors.js';
import type { EventLoopYielder } from './event-loop-yielder.js';
import type { DecisionIndex } from './decision-index.js';
import type { DecisionTable } from './decision-table.js';
import { FAMILIES } from './row-set.js';

/** So many rows are checked between two looks at the clock: a tenth of a ms, or one in a process that just started. */
const ROWS_PER_SLICE_CHECK = 8192;

/**
 * Checks what lookups and merges follow in an index that was read from a store: with a right checksum it may still be
 * the work of a faulty version or of somebody else. Each row leads to the narrowest row before it that holds it, and to
 * a source that there is; rows are sorted, and a prefix stands at most once for each source, so that no lookup follows a chain that
 * has nothing to do with its address; the bitmap points into the rows; the counts by source are those of the rows.
 *
 * @throws CrowdsecError `CROWDSEC_STORE_UNAVAILABLE` naming what does not fit
 */
export async function checkIndex({ tables, sources }: DecisionIndex, yielder: EventLoopYielder): Promise<void> {
  for (const family of FAMILIES) {
    const table = tables[family];
    const counts = new Uint32Array(sources.length);
    for (let row = 0; row < table.size; row += ROWS_PER_SLICE_CHECK) {
      const problem = checkRows(table, row, Math.min(table.size, row + ROWS_PER_SLICE_CHECK), counts);
      if (problem !== undefined) throw damaged(problem);
      if (yielder.isSliceSpent()) await yielder.yieldToEventLoop();
    }
    if (counts.some((count, source) => count !== table.stats.counts[source])) throw damaged('its counts are wrong');
    if (!table.hasSoundOutline()) throw damaged('what finds its rows points elsewhere');
  }
}

/**
 * Checks what a lookup must not meet: that it ends, and finds only rows and sources that there are. For those who look once and write
 * nothing: {@link checkIndex} takes ten times as long.
 *
 * @throws CrowdsecError `CROWDSEC_STORE_UNAVAILABLE` naming what does not fit
 */
export function checkLinks({ tables, sources }: DecisionIndex): void {
  for (const family of FAMILIES) {
    const { data, words, stride, size } = tables[family];
    for (let row = 0, at = words; row < size; row++, at += stride) {
      const meta = data[at]!;
      // The parent is stored as its row plus one, and comes before the row.
      if (data[at + 2]! > row) throw damaged('its rows lead to each other in a circle');
      if (meta >>> 16 >= sources.length) throw damaged('its rows name sources that it does not list');
      if ((meta & 0xffff) > 32 * words) throw damaged('a prefix is too long');
    }
    if (!tables[family].hasSoundOutline()) throw damaged('what finds its rows points elsewhere');
  }
}

/** What is wrong with the rows from `from` up to `to`; counts them by source. */
function checkRows(table: DecisionTable, from: number, to: number, counts: Uint32Array): string | undefined {
  const { data, words, stride } = table;
  const longest = 32 * words;
  const sources = counts.length;
  for (let row = from, at = from * stride; row < to; row++, at += stride) {
    const meta = data[at + words]!;
    const source = meta >>> 16;
    // The parent is stored as its row plus one, and comes before the row.
    if (data[at + words + 2]! > row) return 'its rows lead to each other in a circle';
    if ((meta & 0xffff) > longest) return 'a prefix is too long';
    if (source >= sources) return 'its rows name sources that it does not list';
    // One that was deleted in its place is not counted.
    if (data[at + words + 1] !== 0) counts[source]!++;
    if (row === 0) continue;
    if (!isInOrder(data, at - stride, at, words)) return 'its rows are not in order';
    if (data[at + words + 2] !== table.holderBefore(row) + 1) return 'its rows lead to rows that do not hold them';
    if (row >= sources && table.isSamePrefix(row, row - sources)) return 'a prefix stands there too often';
  }
  return undefined;
}

function isInOrder(data: Uint32Array, before: number, at: number, words: number): boolean {
  for (let i = 0; i < words; i++) {
    if (data[before + i] !== data[at + i]) return data[before + i]! < data[at + i]!;
  }
  return (data[before + words]! & 255) <= (data[at + words]! & 255);
}

function damaged(why: string): CrowdsecError {
  return new CrowdsecError('CROWDSEC_STORE_UNAVAILABLE', `the stored decisions are unusable: ${why}`);
}
