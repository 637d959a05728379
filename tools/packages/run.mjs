import { spawn } from 'node:child_process';
import process from 'node:process';

/**
 * How a command ended.
 *
 * @typedef {object} Outcome
 * @property {boolean} ok it exited by itself, with code 0
 * @property {number | null} code null when a signal ended it
 * @property {boolean} timedOut it was still running at its deadline, and was killed
 * @property {string} output what it wrote to stdout and stderr, in order
 * @property {string} stdout
 */

/** @type {Set<import('node:child_process').ChildProcess>} */
const running = new Set();
process.once('exit', () => running.forEach(killGroup));

/**
 * Runs a command to its end, or to its deadline, at which it is killed with all that it started.
 *
 * @param {string} command
 * @param {readonly string[]} args
 * @param {{ cwd: string, env?: Readonly<Record<string, string | undefined>>, timeoutMs?: number }} options `env` adds to the environment of
 *   this process; `timeoutMs` is two minutes
 * @returns {Promise<Outcome>}
 */
export function run(command, args, { cwd, env = {}, timeoutMs = 120_000 }) {
  return new Promise((resolve) => {
    // A group of its own, so that a deadline ends what it started, too.
    const child = spawn(command, args, {
      cwd,
      env: { ...process.env, ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
      detached: true,
    });
    let output = '';
    let stdout = '';
    let timedOut = false;
    running.add(child);
    const deadline = setTimeout(() => {
      timedOut = true;
      killGroup(child);
    }, timeoutMs);
    child.stdout.setEncoding('utf8').on('data', (/** @type {string} */ text) => {
      output += text;
      stdout += text;
    });
    child.stderr.setEncoding('utf8').on('data', (/** @type {string} */ text) => (output += text));
    const end = (/** @type {number | null} */ code) => {
      clearTimeout(deadline);
      running.delete(child);
      resolve({ ok: code === 0 && !timedOut, code, timedOut, output, stdout });
    };
    child.on('error', (error) => {
      output += error.message;
      end(null);
    });
    child.on('close', end);
  });
}

/** @param {import('node:child_process').ChildProcess} child */
function killGroup({ pid }) {
  try {
    if (pid !== undefined) process.kill(-pid, 'SIGKILL');
  } catch {
    // It has ended.
  }
}

/**
 * Runs a command that must succeed.
 *
 * @param {string} command
 * @param {readonly string[]} args
 * @param {Parameters<typeof run>[2]} options
 * @returns {Promise<Outcome>}
 * @throws an `Error` with the end of what the command wrote
 */
export async function runOrThrow(command, args, options) {
  const outcome = await run(command, args, options);
  if (!outcome.ok)
    throw new Error(`${[command, ...args].map((one) => one.split('/').at(-1)).join(' ')} ${reasonOf(outcome)}`);
  return outcome;
}

/**
 * Why a command failed, for people: its exit, and the last lines that it wrote.
 *
 * @param {Outcome} outcome
 * @param {number} [lines] how many at most
 */
export function reasonOf({ code, timedOut, output }, lines = 30) {
  const end = timedOut ? 'was still running at its deadline' : code === null ? 'was killed' : `exited with ${code}`;
  return `${end}:\n${output.trimEnd().split('\n').slice(-lines).join('\n')}`;
}
