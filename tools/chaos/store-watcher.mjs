import { fork } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

/** @import { StoreHealthTold, StoreWorkerTask } from './types.d.mts' */

const FILE = fileURLToPath(new URL('store-worker.mjs', import.meta.url));

/** A process with an agent, and what it has told. */
export class StoreWatcher {
  /** @type {StoreHealthTold | undefined} */
  health;
  /** @type {string[]} */
  stored = [];
  /** @type {string[]} */
  log = [];
  #process;

  /** @param {StoreWorkerTask} task */
  constructor(task) {
    this.#process = fork(FILE, [JSON.stringify(task)], { stdio: ['ignore', 2, 2, 'ipc'] });
    this.#process.on('message', (/** @type {{ health?: StoreHealthTold; stored?: string; log?: string }} */ told) => {
      if (told.health !== undefined) this.health = told.health;
      if (told.stored !== undefined) this.stored.push(told.stored);
      if (told.log !== undefined) this.log.push(told.log);
    });
  }

  get isAlive() {
    return this.#process.exitCode === null && this.#process.signalCode === null;
  }

  /**
   * Waits until the store is healthy, and a signal that is reported then is stored.
   *
   * @param {number} withinMs
   * @returns {Promise<number>} how long that took, in ms; Infinity when it did not come to that
   */
  async untilHealthy(withinMs) {
    const startedAt = performance.now();
    const before = this.stored.length;
    const isHealthy = () => this.health?.reachable === true && this.health.writable && this.stored.length > before;
    return (await until(isHealthy, withinMs)) ? performance.now() - startedAt : Infinity;
  }

  /**
   * Waits until health names trouble with the store.
   *
   * @param {number} withinMs
   */
  async untilUnhealthy(withinMs) {
    const startedAt = performance.now();
    const codes = ['CROWDSEC_STORE_UNAVAILABLE', 'STORE_NOT_WRITABLE'];
    const isUnhealthy = () => codes.some((code) => this.health?.codes.includes(code) === true);
    return (await until(isUnhealthy, withinMs)) ? performance.now() - startedAt : Infinity;
  }

  async stop() {
    if (!this.isAlive) return;
    const ended = once(this.#process, 'exit');
    this.#process.send('stop');
    const timer = setTimeout(() => this.#process.kill('SIGKILL'), 10_000);
    await ended;
    clearTimeout(timer);
  }
}

/**
 * @param {() => boolean | Promise<boolean>} condition
 * @param {number} withinMs
 */
export async function until(condition, withinMs) {
  for (const end = performance.now() + withinMs; performance.now() < end; await delay(50)) {
    if (await condition()) return true;
  }
  return false;
}
