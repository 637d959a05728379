import { fork } from 'node:child_process';
import { once } from 'node:events';
import { rmSync } from 'node:fs';
import { mkdtemp } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath, pathToFileURL } from 'node:url';

/**
 * @typedef {import('@crowdsec-sdk/sandbox').SignalBody} SignalBody
 * @typedef {{ id: number, ask: 'ban' | 'state' | 'engine', values?: readonly string[] }} Question
 * @typedef {{ signals: SignalBody[], alerts: Record<string, unknown>[], machines: string[] }} State
 */

/**
 * What an agent needs to be told of an engine: a bouncer and a machine of its own, and AppSec, which refuses bodies with `attack` in them.
 *
 * @typedef {object} Engine
 * @property {{ url: string, apiKey: string, machine: { machineId: string, password: string } }} lapi on a unix socket
 * @property {{ url: string, apiKey: string }} appsec
 */

/**
 * A sandbox in a process of its own.
 *
 * @typedef {object} SandboxProcess
 * @property {string} url the root of CAPI, without version
 * @property {(values: readonly string[]) => Promise<void>} ban adds decisions about addresses or ranges at CAPI and at the local API,
 *   for those who pull from now on
 * @property {() => Promise<Engine>} engine adds a bouncer and a machine to the local API
 * @property {() => Promise<State>} state the signals and alerts that came, and the ids of the machines that have registered
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
  const folder = await mkdtemp(join(tmpdir(), 'crowdsec-sandbox-'));
  const removeFolder = () => rmSync(folder, { recursive: true, force: true });
  process.once('exit', removeFolder);
  const child = fork(SERVER, [pathToFileURL(module).href, join(folder, 'lapi.sock')], {
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  });
  const exit = once(child, 'exit');
  /** @type {unknown[]} */
  const [ready] = await Promise.race([once(child, 'message'), exit.then(() => [undefined])]);
  if (ready === undefined) throw new Error('The sandbox ended instead of starting: is it built?');
  const { url } = /** @type {{ url: string }} */ (ready);
  const ask = questioner(child);
  const state = async () => {
    const answer = await ask({ ask: 'state' });
    return /** @type {State} */ (answer);
  };
  return {
    url,
    state,
    ban: async (values) => void (await ask({ ask: 'ban', values })),
    async engine() {
      const answer = await ask({ ask: 'engine' });
      return /** @type {Engine} */ (answer);
    },
    async signal(matches, timeoutMs = 20_000) {
      for (const end = performance.now() + timeoutMs; performance.now() < end; await delay(100)) {
        const found = (await state()).signals.find(matches);
        if (found !== undefined) return found;
      }
      throw new Error(`No such signal came to the sandbox within ${timeoutMs} ms.`);
    },
    async stop() {
      if (child.connected) child.disconnect();
      await exit;
      process.off('exit', removeFolder);
      removeFolder();
    },
  };
}

/** @param {import('node:child_process').ChildProcess} child */
function questioner(child) {
  let questions = 0;
  /** @type {Map<number, (answer: unknown) => void>} */
  const open = new Map();
  child.on('message', (/** @type {{ id: number, answer: unknown }} */ { id, answer }) => open.get(id)?.(answer));
  return async (/** @type {Omit<Question, 'id'>} */ question) => {
    const id = ++questions;
    const answered = new Promise((resolve) => open.set(id, resolve));
    child.send({ id, ...question });
    return answered.finally(() => open.delete(id));
  };
}
