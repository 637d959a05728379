import { NoBinary } from '../packages/binaries.mjs';

/**
 * What cells are run in.
 *
 * @typedef {object} TestEnvironment
 * @property {string} folder for all that is made; removed at the end
 * @property {string} registry URL of the registry that has our packages
 * @property {import('../packages/sandbox-process.mjs').SandboxProcess} sandbox
 * @property {() => Promise<string>} redis the URL of a Redis, started when somebody asks first
 * @property {string} application the folder of a project with the programs and all they need
 */

/**
 * One cell of the table: one thing tried in one place.
 *
 * @typedef {object} Cell
 * @property {string} group the table that it is in
 * @property {string} row
 * @property {string} column
 * @property {(environment: TestEnvironment) => Promise<string | undefined>} run resolves with what to state beside "ok"; rejects with {@link NotRun} for one
 *   of the {@link EXCEPTIONS}, and with any other error when it fails
 */

/**
 * @typedef {object} Result
 * @property {string} group
 * @property {string} row
 * @property {string} column
 * @property {'ok' | 'failed' | 'not run'} outcome
 * @property {string} detail what to state, why it failed, or why it did not run
 * @property {number} seconds
 */

/**
 * Why a cell may be left out without the whole run failing. Nothing else may: a runtime or tool that could not be downloaded has been tried by
 * nobody, and fails its cells.
 */
const EXCEPTIONS = /** @type {const} */ ({
  platform: 'its npm package has no binary for this platform',
  redis: 'redis-server is not installed here',
});

/** A cell can't run here, for one of the {@link EXCEPTIONS}. */
export class NotRun extends Error {
  /** @param {keyof typeof EXCEPTIONS} exception */
  constructor(exception) {
    super(EXCEPTIONS[exception]);
  }
}

/** A cell must end in this time, in ms; its own commands have shorter deadlines. */
const MAX_MS = 600_000;

/**
 * Runs cells, some at a time.
 *
 * @param {readonly Cell[]} cells
 * @param {TestEnvironment} environment
 * @param {{ atATime: number, onResult: (result: Result) => void }} options
 * @returns {Promise<Result[]>} in the order of the cells
 */
export async function runCells(cells, environment, { atATime, onResult }) {
  /** @type {Result[]} */
  const results = [];
  const waiting = [...cells.entries()];
  const worker = async () => {
    for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
      const [index, cell] = next;
      results[index] = await runCell(cell, environment);
      onResult(results[index]);
    }
  };
  await Promise.all(Array.from({ length: atATime }, worker));
  return results;
}

/**
 * @param {Cell} cell
 * @param {TestEnvironment} environment
 * @returns {Promise<Result>}
 */
async function runCell({ group, row, column, run }, environment) {
  const began = performance.now();
  const ended = (/** @type {Result['outcome']} */ outcome, /** @type {string} */ detail) => ({
    group,
    row,
    column,
    outcome,
    detail,
    seconds: Math.round((performance.now() - began) / 100) / 10,
  });
  try {
    return ended('ok', (await withinLimit(run(environment))) ?? '');
  } catch (error) {
    const { message } = /** @type {Error} */ (error);
    return ended(error instanceof NotRun ? 'not run' : 'failed', message);
  }
}

/**
 * @template T
 * @param {Promise<T>} work
 * @returns {Promise<T>}
 */
async function withinLimit(work) {
  /** @type {NodeJS.Timeout | undefined} */
  let timer;
  /** @type {Promise<never>} */
  const late = new Promise((_, reject) => {
    timer = setTimeout(() => reject(new Error(`Not done within ${MAX_MS / 1_000} s.`)), MAX_MS);
  });
  return Promise.race([work, late]).finally(() => clearTimeout(timer));
}

/**
 * Whether a run has shown something, and nothing that fails or could not be tried for another reason than one of the {@link EXCEPTIONS}.
 *
 * @param {readonly Result[]} results
 */
export function passed(results) {
  const ran = results.filter(({ outcome }) => outcome !== 'not run');
  return ran.length > 0 && ran.every(({ outcome }) => outcome === 'ok');
}

/**
 * A runtime that has a binary for each platform; a cell that needs one is not run where there is none.
 *
 * @template T
 * @param {Promise<T>} binary
 * @returns {Promise<T>}
 */
export async function orNotRun(binary) {
  try {
    return await binary;
  } catch (error) {
    throw error instanceof NoBinary ? new NotRun('platform') : error;
  }
}
