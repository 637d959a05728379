/**
 * npm run test:runtimes -- [--write] [--no-build] [WORD …]
 *
 * Tries the packages, packed as they are published, wherever they are said to run: runtimes, test runners, bundlers and package managers.
 * Prints a table of cells, each of them run or said why not, and fails when one fails or none ran. It needs the npm registry, from which it
 * takes the runtimes and tools; those stay in `node_modules/.cache`. A cell whose runtime or tool can't be had fails, but for the exceptions
 * that `runtimes/cell.mjs` lists.
 *
 * WORDs choose cells whose table or row begins with one of them, whatever the case: `node bun`, `bundlers`, `yarn4`. `--write` puts the
 * tables into docs/runtimes.md; `--no-build` takes what is built already.
 */
import process from 'node:process';
import { parseArgs } from 'node:util';
import { exitOnSignals } from './packages/temporary-folder.mjs';
import { bundlerCells } from './runtimes/bundlers.mjs';
import { passed, runCells } from './runtimes/cell.mjs';
import { managerCells } from './runtimes/managers.mjs';
import { nextCells } from './runtimes/next.mjs';
import { runtimeCells } from './runtimes/runtimes.mjs';
import { setupCells } from './runtimes/setups.mjs';
import { tables } from './runtimes/table.mjs';
import { makeTestEnvironment } from './runtimes/test-environment.mjs';
import { writeTables } from './runtimes/write.mjs';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { write: { type: 'boolean', default: false }, 'no-build': { type: 'boolean', default: false } },
});
const words = positionals.map((word) => word.toLowerCase());
const begins = (/** @type {string} */ name) => words.some((word) => name.toLowerCase().startsWith(word));
const all = [...runtimeCells(), ...setupCells(), ...bundlerCells(), ...nextCells(), ...managerCells()];
const cells = all.filter(({ group, row }) => words.length === 0 || begins(group) || begins(row));

exitOnSignals();
console.log(`Packing; then ${cells.length} cells, two at a time …`);
const environment = await makeTestEnvironment({ build: !values['no-build'] });
try {
  const results = await runCells(cells, environment, { atATime: 2, onResult: tell });
  console.log(`\n${tables(results)}`);
  if (values.write) await writeTables(results, all);
  process.exitCode = passed(results) ? 0 : 1;
} finally {
  await environment.stop();
}

/** @param {import('./runtimes/cell.mjs').Result} result */
function tell({ group, row, column, outcome, detail, seconds }) {
  console.log(`${outcome.padEnd(7)} ${group}: ${row}, ${column} (${seconds} s) ${detail.split('\n')[0]}`);
}
