import { setImmediate as nextTurn } from 'node:timers/promises';

/**
 * How long work may hold the event loop before it lets others run, in ms: with a collection on top it stays under
 * 20.
 */
const SLICE_MS = 3;

/**
 * Keeps long work from holding the event loop: all loops of one job share one, ask {@link tired} now and then, and
 * await {@link rest} when it says so. However many loops run at once, together they take one slice per turn.
 */
export class Breather {
  #since = performance.now();
  #resting: Promise<void> | undefined;

  tired(): boolean {
    return performance.now() - this.#since > SLICE_MS;
  }

  async rest(): Promise<void> {
    // Several loops wake in the same turn; those that find its slice spent wait for the next.
    while (this.tired()) await (this.#resting ??= this.#pause());
  }

  async #pause(): Promise<void> {
    await nextTurn();
    this.#since = performance.now();
    this.#resting = undefined;
  }
}
