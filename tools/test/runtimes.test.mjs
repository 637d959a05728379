import { expect, it } from 'vitest';
import { NoBinary } from '../packages/binaries.mjs';
import { orNotRun, passed, runCells } from '../runtimes/cell.mjs';
import { tables } from '../runtimes/table.mjs';

/** @typedef {import('../runtimes/cell.mjs').Cell} Cell */

/** Cells of these need nothing of it. */
const ENVIRONMENT = /** @type {import('../runtimes/cell.mjs').TestEnvironment} */ ({});

/**
 * @param {string} column
 * @param {Cell['run']} run
 * @returns {Cell}
 */
const cell = (column, run) => ({ group: 'Runtimes', row: 'Node 24', column, run });

const works = cell('works', async () => '24.1.0');
const fails = cell('fails', async () => {
  throw new Error('It said:\nno.');
});
const absent = cell('absent', async () => orNotRun(Promise.reject(new NoBinary('The npm package bun@1 has none.'))));
const notHad = cell('not had', async () => orNotRun(Promise.reject(new Error('The npm registry has no node@24.'))));

/** @param {readonly Cell[]} cells */
const results = async (cells) => runCells(cells, ENVIRONMENT, { atATime: 2, onResult: () => undefined });

it('shows each cell in its place, and why it failed or did not run', async () => {
  expect(tables(await results([works, fails, absent]))).toBe(
    [
      '### Runtimes',
      '',
      '|  | works | fails | absent |',
      '| --- | --- | --- | --- |',
      '| Node 24 | ✓ 24.1.0 | ✗ | – |',
      '',
      '- Node 24, fails: failed: It said:\n  no.',
      '- Node 24, absent: not run: its npm package has no binary for this platform',
    ].join('\n'),
  );
});

it('passes when all that ran is well, and fails when something is not or nothing ran', async () => {
  expect(passed(await results([works, absent]))).toBe(true);
  expect(passed(await results([works, fails]))).toBe(false);
  expect(passed(await results([absent]))).toBe(false);
  expect(passed([])).toBe(false);
});

it('fails when a tool could not be had, which would leave out what nobody has listed', async () => {
  const [result] = await results([notHad]);
  expect(result).toMatchObject({ outcome: 'failed', detail: 'The npm registry has no node@24.' });
  expect(passed(await results([works, notHad]))).toBe(false);
});

it('runs no more cells at a time than it was told', async () => {
  let running = 0;
  let most = 0;
  const counted = cell('counted', async () => {
    most = Math.max(most, ++running);
    await new Promise(setImmediate);
    running--;
    return undefined;
  });
  await results([counted, counted, counted, counted, counted]);
  expect(most).toBe(2);
});
