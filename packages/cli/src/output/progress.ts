import type { Output } from '../io.js';

/** How often the line is written anew, in ms. */
const INTERVAL_MS = 200;

/** Tells on a terminal how far long work is, in one line that goes when it is done. Elsewhere it is silent. */
export class Progress {
  readonly #output: Output;
  #shownAt = -Infinity;

  constructor(output: Output) {
    this.#output = output;
  }

  show(text: string): void {
    const now = performance.now();
    if (this.#output.isTTY !== true || now - this.#shownAt < INTERVAL_MS) return;
    this.#shownAt = now;
    this.#output.write(`\r\u001b[K${text}`);
  }

  end(): void {
    if (this.#output.isTTY === true && this.#shownAt > -Infinity) this.#output.write('\r\u001b[K');
  }
}
