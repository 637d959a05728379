import { bunBinary, denoBinary, nodeBinary } from '../packages/binaries.mjs';
import { orNotRun } from './cell.mjs';
import { runProgram } from './program.mjs';

/**
 * @typedef {import('./cell.mjs').Cell} Cell
 * @typedef {import('../packages/binaries.mjs').Binary} Binary
 */

/** The versions of Node that are tried: the oldest that is supported, and the newest of each line. */
const NODES = ['20.19', '22.12', '22', '24', '26'];

/** What Deno must be allowed; docs/runtimes.md says so. Not to ask for the system (`--allow-sys`). */
const DENO_FLAGS = ['run', '--no-prompt', '--allow-net', '--allow-env', '--allow-read', '--allow-write'];

/** @type {readonly { row: string, binary: () => Promise<Binary>, args: readonly string[], columns: readonly string[] }[]} */
const RUNTIMES = [
  ...NODES.map((range) => ({
    row: `Node ${range}`,
    binary: () => nodeBinary(range),
    args: [],
    columns: ['import', 'require()', 'Redis', 'engine', 'threads', 'cluster'],
  })),
  {
    row: 'Bun',
    binary: bunBinary,
    args: [],
    columns: ['import', 'require()', 'Redis', 'engine', 'threads', 'serve()'],
  },
  {
    row: 'Deno',
    binary: denoBinary,
    args: DENO_FLAGS,
    columns: ['import', 'require()', 'Redis', 'engine', 'threads', 'serve()'],
  },
];

/** @type {Readonly<Record<string, { file: string, store?: 'redis', engine?: true }>>} */
const COLUMNS = {
  import: { file: 'express.mjs' },
  'require()': { file: 'express.cjs' },
  Redis: { file: 'express.mjs', store: 'redis' },
  engine: { file: 'express.mjs', engine: true },
  threads: { file: 'threads.mjs' },
  cluster: { file: 'cluster.mjs' },
  'serve()': { file: 'fetch-server.mjs' },
};

/**
 * The programs on each runtime.
 *
 * @returns {Cell[]}
 */
export function runtimeCells() {
  return RUNTIMES.flatMap(({ row, binary, args, columns }) =>
    columns.map((column) => ({
      group: 'Runtimes',
      row,
      column,
      async run(environment) {
        const { path, version } = await orNotRun(binary());
        const { file, ...kind } = COLUMNS[column];
        await runProgram(environment, { cwd: environment.application, call: [path, ...args, file], ...kind });
        return version;
      },
    })),
  );
}
