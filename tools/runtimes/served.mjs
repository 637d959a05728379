import { spawn } from 'node:child_process';
import { once } from 'node:events';
import process from 'node:process';
import { setTimeout as delay } from 'node:timers/promises';

/** How long a server may take to answer first, and to end, in ms. */
const DEADLINE_MS = 60_000;

/**
 * A server as a process, which ends by SIGTERM.
 *
 * @param {readonly string[]} call command and arguments
 * @param {{ cwd: string, env: Readonly<Record<string, string>>, url: string }} options `url` is asked until it answers
 * @param {() => Promise<void>} use what to do with it meanwhile
 * @throws an `Error` with its output when it does not answer, or does not end
 */
export async function whileServed(call, { cwd, env, url }, use) {
  const child = spawn(call[0], call.slice(1), {
    cwd,
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const exit = once(child, 'exit');
  const killAtExit = () => void child.kill('SIGKILL');
  process.once('exit', killAtExit);
  let output = '';
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding('utf8').on('data', (/** @type {string} */ text) => (output += text));
  try {
    await answers(url, () => child.exitCode === null);
    await use();
    child.kill('SIGTERM');
    const ended = await Promise.race([exit.then(() => true), delay(DEADLINE_MS, false, { ref: false })]);
    if (!ended) throw new Error('It did not end by SIGTERM.');
  } catch (error) {
    throw new Error(`${/** @type {Error} */ (error).message}\n${output}`, { cause: error });
  } finally {
    child.kill('SIGKILL');
    process.off('exit', killAtExit);
  }
}

/**
 * @param {string} url
 * @param {() => boolean} isRunning
 */
async function answers(url, isRunning) {
  for (const end = performance.now() + DEADLINE_MS; performance.now() < end && isRunning(); await delay(100)) {
    const answer = await fetch(url).catch(() => undefined);
    if (answer !== undefined) return;
  }
  throw new Error(`Nothing answered at ${url}.`);
}
