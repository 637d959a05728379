import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { connect } from 'node:net';
import process from 'node:process';
import { setTimeout as delay } from 'node:timers/promises';

/**
 * An application that runs in a process of its own.
 *
 * @typedef {object} AppProcess
 * @property {() => Promise<void>} listening resolves once it accepts connections; rejects when it ends before, or takes too long
 * @property {() => Promise<{ code: number | null, signal: string | null, ms: number }>} terminate sends SIGTERM to it, as `docker stop` does, and waits for its end:
 *   `code` is null when a signal ended it, SIGKILL for want of an end
 * @property {() => string} output all that it has written
 * @property {() => void} kill ends it and all that it has started
 */

const START_MS = 60_000;
const END_MS = 30_000;

/**
 * @param {readonly [string, ...string[]]} command
 * @param {{ cwd: string, env: Readonly<Record<string, string | undefined>>, port: number }} options
 * @returns {AppProcess}
 */
export function startApp([command, ...args], { cwd, env, port }) {
  const child = spawn(command, args, { cwd, env, stdio: ['ignore', 'pipe', 'pipe'], detached: true });
  let output = '';
  let over = false;
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding('utf8').on('data', (/** @type {string} */ text) => (output += text));
  child.on('error', (error) => (output += error.message));
  const exit = once(child, 'close').then(
    ([code, signal]) => {
      over = true;
      return /** @type {{ code: number | null, signal: string | null }} */ ({ code, signal });
    },
    () => {
      over = true;
      return { code: null, signal: null };
    },
  );
  const kill = () => {
    try {
      if (child.pid !== undefined) process.kill(-child.pid, 'SIGKILL');
    } catch {
      // All of it has ended.
    }
  };
  // Before the folder is removed in which it runs.
  process.prependOnceListener('exit', kill);
  void exit.finally(() => process.off('exit', kill));

  return {
    output: () => output,
    kill,
    async listening() {
      for (const end = performance.now() + START_MS; performance.now() < end && !over; await delay(100))
        if (await accepts(port)) return;
      kill();
      throw new Error(
        `It ${over ? 'ended before it listened' : 'did not listen'} on port ${port} within ${START_MS} ms.`,
      );
    },
    async terminate() {
      const startedAt = performance.now();
      child.kill('SIGTERM');
      const deadline = setTimeout(kill, END_MS);
      const end = await exit;
      clearTimeout(deadline);
      // What it has left behind.
      kill();
      return { ...end, ms: Math.round(performance.now() - startedAt) };
    },
  };
}

/** @param {number} port */
function accepts(port) {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    const end = (/** @type {boolean} */ accepted) => {
      socket.destroy();
      resolve(accepted);
    };
    socket.once('connect', () => end(true)).once('error', () => end(false));
  });
}
