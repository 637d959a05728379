/**
 * What cells are run in.
 *
 * @typedef {object} World
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
 * @property {(world: World) => Promise<string | undefined>} run resolves with what to state beside "ok"; rejects with {@link NotRun} where
 *   the registry or this machine lacks what is needed, and with any other error when it fails
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

/** Why a cell can't run here. */
export class NotRun extends Error {}

/** A cell must end in this time, in ms; its own commands have shorter deadlines. */
const LONGEST_MS = 600_000;

/**
 * Runs cells, some at a time.
 *
 * @param {readonly Cell[]} cells
 * @param {World} world
 * @param {{ atATime: number, onResult: (result: Result) => void }} options
 * @returns {Promise<Result[]>} in the order of the cells
 */
export async function runCells(cells, world, { atATime, onResult }) {
  /** @type {Result[]} */
  const results = [];
  const waiting = [...cells.entries()];
  const worker = async () => {
    for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
      const [index, cell] = next;
      results[index] = await runCell(cell, world);
      onResult(results[index]);
    }
  };
  await Promise.all(Array.from({ length: atATime }, worker));
  return results;
}

/**
 * @param {Cell} cell
 * @param {World} world
 * @returns {Promise<Result>}
 */
async function runCell({ group, row, column, run }, world) {
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
    return ended('ok', (await withinLimit(run(world))) ?? '');
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
    timer = setTimeout(() => reject(new Error(`Not done within ${LONGEST_MS / 1_000} s.`)), LONGEST_MS);
  });
  return Promise.race([work, late]).finally(() => clearTimeout(timer));
}

/**
 * Whether a run has shown something, and nothing that fails.
 *
 * @param {readonly Result[]} results
 */
export function passed(results) {
  const ran = results.filter(({ outcome }) => outcome !== 'not run');
  return ran.length > 0 && ran.every(({ outcome }) => outcome === 'ok');
}

/**
 * A binary or another tool of the npm registry; a cell that needs one that the registry lacks is not run.
 *
 * @template T
 * @param {Promise<T>} tool
 * @returns {Promise<T>}
 */
export async function orNotRun(tool) {
  try {
    return await tool;
  } catch (error) {
    throw new NotRun(/** @type {Error} */ (error).message.split('\n')[0]);
  }
}
