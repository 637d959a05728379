import { fresh } from './data.mjs';
import { heldBytes, indexOf, print, row, sets } from './setup.mjs';

/**
 * What an entry takes in memory, index and ends included, against a bare `Map` with the same keys; and in the store.
 */
for (const values of sets([50_000, 500_000, 1_000_000])) print(...(await measure(values)));

/** @param {string[]} values */
async function measure(values) {
  const n = values.length;
  const before = await heldBytes();
  const index = await indexOf(values);
  const held = ((await heldBytes()) - before) / n;
  const beforeMap = await heldBytes();
  const map = new Map(fresh(values).map((value, i) => [value, i]));
  const floor = ((await heldBytes()) - beforeMap) / n;
  const tables = Object.values(index.tables).reduce((sum, table) => sum + table.byteLength, 0) / n;
  const stored = index.toBlob().chunks.reduce((sum, chunk) => sum + chunk.byteLength, 0) / n;
  if (map.size !== n || index.size > n) throw new Error('not the same sets');
  return [
    row('memory', 'index', n, 'bytes/entry', [{ value: tables, floor }]),
    row('memory', 'process-growth', n, 'bytes/entry', [{ value: held, floor }]),
    row('memory', 'stored', n, 'bytes/entry', [{ value: stored, floor }]),
  ];
}
