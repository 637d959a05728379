import { fork } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** @import { ChildProcess } from 'node:child_process' */
/** @import { WorkerTask } from './types.d.mts' */

const SCRIPT = fileURLToPath(new URL('worker.mjs', import.meta.url));

/** A process that can be killed and started again; what its runs did is in one log. */
export class Worker {
  /** @type {ChildProcess} */
  #child;
  #log;
  #task;

  /**
   * @param {string} folder of its log
   * @param {WorkerTask} task it reports signals `from` to `to`
   */
  constructor(folder, task) {
    this.#task = task;
    this.#log = join(folder, `worker-${task.from}.log`);
    this.#child = this.#fork();
  }

  /** Goes on where the last run ended. */
  start() {
    this.#child = this.#fork();
  }

  #fork() {
    const from = this.#task.from + this.lines('reported').length;
    return fork(SCRIPT, [JSON.stringify({ ...this.#task, from, log: this.#log })], {
      stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    });
  }

  get hasReportedAll() {
    return this.lines('reported').length === this.#task.to - this.#task.from;
  }

  /**
   * What follows the word in the lines of the log that start with it. A line that a kill has torn is none.
   *
   * @param {string} word
   */
  lines(word) {
    if (!existsSync(this.#log)) return [];
    const lines = readFileSync(this.#log, 'utf8').split('\n').slice(0, -1);
    return lines.filter((line) => line.startsWith(word)).map((line) => line.slice(word.length + 1));
  }

  /** Resolves when the process is up, and about to start its agent. */
  async isUp() {
    await once(this.#child, 'message');
  }

  /** @param {NodeJS.Signals} signal */
  async end(signal) {
    const child = this.#child;
    if (child.exitCode !== null || child.signalCode !== null) return;
    child.kill(signal);
    await once(child, 'exit');
  }
}
