import { spawnSync } from 'node:child_process';

/** @import { Row } from './types.d.mts' */

/**
 * Runs a benchmark in a process of its own, and returns the rows that it printed, one a line, though it may have failed after them.
 *
 * @param {string} script
 * @param {readonly string[]} args
 * @returns {{ rows: Row[], isComplete: boolean }}
 */
export function runBench(script, args) {
  const { stdout, status } = spawnSync(process.execPath, ['--expose-gc', script, ...args], {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'inherit'],
    maxBuffer: 1 << 26,
  });
  const lines = stdout.split('\n').slice(0, -1);
  return { rows: lines.map((line) => JSON.parse(line)), isComplete: status === 0 };
}
