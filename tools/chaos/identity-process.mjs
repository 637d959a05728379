import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

const SCRIPT = fileURLToPath(new URL('identity-worker.mjs', import.meta.url));

/** A process that runs `identity-worker.mjs`, and what it last told of itself. */
export class IdentityProcess {
  #child;
  /** @type {import('./types.d.mts').IdentityTold | undefined} */
  told;

  /** @param {import('./types.d.mts').IdentityTask} task */
  constructor(task) {
    this.#child = fork(SCRIPT, [JSON.stringify(task)], { stdio: ['ignore', 'ignore', 'inherit', 'ipc'] });
    this.#child.on('message', (told) => (this.told = /** @type {import('./types.d.mts').IdentityTold} */ (told)));
  }

  /** @param {string} text */
  isTelling(text) {
    return this.told?.problems.some(({ code, message }) => `${code} ${message}`.includes(text)) ?? false;
  }

  /** @param {number} skewMs by how much its wall clock is off from now on */
  setClock(skewMs) {
    this.#child.send(skewMs);
  }

  /** @param {NodeJS.Signals} signal */
  async end(signal) {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    const exit = once(this.#child, 'exit');
    this.#child.kill(signal);
    await exit;
  }
}
