import { setImmediate as nextTurn } from 'node:timers/promises';

/**
 * How long work may hold the event loop before it lets others run, in ms: with a collection on top it stays under
 * 20.
 */
const SLICE_MS = 3;

/**
 * Keeps long work from holding the event loop: all loops of one job share one, ask {@link isSliceSpent} now and then, and
 * await {@link yieldToEventLoop} when it says so. However many loops run at once, together they take one slice per turn.
 */
export class EventLoopYielder {
  #since = performance.now();
  #resting: Promise<void> | undefined;

  isSliceSpent(): boolean {
    return performance.now() - this.#since > SLICE_MS;
  }

  async yieldToEventLoop(): Promise<void> {
    // Several loops wake in the same turn; those that find its slice spent wait for the next.
    while (this.isSliceSpent()) await (this.#resting ??= this.#pause());
  }

  async #pause(): Promise<void> {
    await nextTurn();
    this.#since = performance.now();
    this.#resting = undefined;
  }
}
