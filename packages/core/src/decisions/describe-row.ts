import { formatIp } from '../ip/address.js';
import type { DecisionTable, Tables } from './decision-table.js';
import type { IndexParts } from './index-blob.js';
import { countryOf, FAMILIES } from './row-set.js';
import { type DecisionMatch, expiryOf, type RowSource } from './row-source.js';

/** A row of an index as people read it. */
export function describeRow({ sources, tables }: IndexParts, table: DecisionTable, row: number): DecisionMatch {
  const { origin, type, scenario, allow } = sources[table.sourceOf(row)]!;
  const expiresAt = expiryOf(table.untilOf(row));
  return {
    origin,
    type,
    scenario,
    allow,
    ...nameRow(tables, table, row),
    ...(expiresAt === undefined ? {} : { expiresAt }),
  };
}

/**
 * All rows of an index that are not over, one by one, in the order of their addresses.
 *
 * @param now ms since the epoch
 * @param isWanted leaves out all rows of a source at little cost
 */
export function* rowsOf(
  index: IndexParts,
  now: number,
  isWanted: (source: RowSource) => boolean = () => true,
): Iterable<DecisionMatch> {
  const wanted = index.sources.map(isWanted);
  for (const family of FAMILIES) {
    const table = index.tables[family];
    for (let row = 0; row < table.size; row++) {
      if (wanted[table.sourceOf(row)] === true && table.untilOf(row) * 1000 > now) yield describeRow(index, table, row);
    }
  }
}

/**
 * How many rows each source holds. Those that have ended are counted until the next merge or until the last one of their source has ended.
 *
 * @param now ms since the epoch
 */
export function countRows(
  { sources, tables }: IndexParts,
  now: number,
): readonly { readonly source: RowSource; readonly count: number }[] {
  return sources.map((source, id) => {
    const held = FAMILIES.map((family) => tables[family].stats).filter(({ lastEnds }) => lastEnds[id]! * 1000 > now);
    return { source, count: held.reduce((sum, { counts }) => sum + counts[id]!, 0) };
  });
}

function nameRow(tables: Tables, table: DecisionTable, row: number): Pick<DecisionMatch, 'scope' | 'value'> {
  const key = table.data.subarray(row * table.stride, row * table.stride + table.words);
  if (table === tables.country) return { scope: 'country', value: countryOf(key[0]!) };
  if (table === tables.as) return { scope: 'as', value: String(key[0]) };
  const length = table.lengthOf(row);
  const address = formatIp({ family: table.words === 1 ? 4 : 6, words: Array.from(key) });
  return length === 32 * table.words
    ? { scope: 'ip', value: address }
    : { scope: 'range', value: `${address}/${length}` };
}
