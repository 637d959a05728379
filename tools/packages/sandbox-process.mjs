import { fork } from 'node:child_process';
import { once } from 'node:events';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath, pathToFileURL } from 'node:url';

/**
 * @typedef {import('@crowdsec-sdk/sandbox').SignalBody} SignalBody
 * @typedef {{ id: number, ask: 'ban' | 'state', values?: readonly string[] }} Question
 * @typedef {{ signals: SignalBody[], machines: string[] }} State
 */

/**
 * A sandbox in a process of its own.
 *
 * @typedef {object} SandboxProcess
 * @property {string} url the root of CAPI, without version
 * @property {(values: readonly string[]) => Promise<void>} ban adds decisions about addresses or ranges, for those who pull from now on
 * @property {() => Promise<State>} state the signals that came, and the ids of the machines that have registered
 * @property {(matches: (signal: SignalBody) => boolean, timeoutMs?: number) => Promise<SignalBody>} signal waits for one that
 *   matches, 20 seconds unless told otherwise; rejects when none has come by then
 * @property {() => Promise<void>} stop
 */

const REPOSITORY = fileURLToPath(new URL('../..', import.meta.url));
const SERVER = fileURLToPath(new URL('sandbox-server.mjs', import.meta.url));

/**
 * Starts the sandbox on a free port, as a process.
 *
 * @param {{ from?: string }} [options] `from`: a folder with `@crowdsec-sdk/sandbox` in its node_modules; this repository unless given
 * @returns {Promise<SandboxProcess>}
 * @throws an `Error` when the process ends instead of starting
 */
export async function startSandboxProcess({ from = REPOSITORY } = {}) {
  const module = createRequire(join(from, 'package.json')).resolve('@crowdsec-sdk/sandbox');
  const child = fork(SERVER, [pathToFileURL(module).href], { stdio: ['ignore', 'ignore', 'inherit', 'ipc'] });
  const exit = once(child, 'exit');
  /** @type {unknown[]} */
  const [ready] = await Promise.race([once(child, 'message'), exit.then(() => [undefined])]);
  if (ready === undefined) throw new Error('The sandbox ended instead of starting: is it built?');
  const { url } = /** @type {{ url: string }} */ (ready);

  let questions = 0;
  const ask = async (/** @type {Omit<Question, 'id'>} */ question) => {
    const id = ++questions;
    /** @type {Promise<State>} */
    const answered = new Promise((resolve) => {
      const listener = (/** @type {{ id: number, state: State }} */ message) => {
        if (message.id !== id) return;
        child.off('message', listener);
        resolve(message.state);
      };
      child.on('message', listener);
    });
    child.send({ id, ...question });
    return answered;
  };
  return {
    url,
    ban: async (values) => void (await ask({ ask: 'ban', values })),
    state: async () => ask({ ask: 'state' }),
    async signal(matches, timeoutMs = 20_000) {
      for (const end = performance.now() + timeoutMs; performance.now() < end; await delay(100)) {
        const found = (await ask({ ask: 'state' })).signals.find(matches);
        if (found !== undefined) return found;
      }
      throw new Error(`No such signal came to the sandbox within ${timeoutMs} ms.`);
    },
    async stop() {
      if (child.connected) child.disconnect();
      await exit;
    },
  };
}
