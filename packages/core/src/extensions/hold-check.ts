import type { Stopwatch } from './stopwatch.js';

/** Whoever holds the event loop for longer holds up every request. */
export const LONGEST_HOLD_MS = 50;
/** One event may take long because the machine runs other processes; so many in a row do not. */
const SLOW_IN_A_ROW = 3;

/** Tells whether one function of an extension holds the event loop for too long. */
export class HoldCheck {
  readonly #stopwatch: Stopwatch;
  #slowInARow = 0;

  /** @param stopwatch running: whoever calls the function has started it */
  constructor(stopwatch: Stopwatch) {
    this.#stopwatch = stopwatch;
  }

  /** Ends the lap: how long the function held the event loop in it, 0 where that was not too long. */
  lap(): number {
    const lapMs = this.#stopwatch.lap();
    return lapMs > LONGEST_HOLD_MS ? this.#holding(lapMs) : (this.#slowInARow = 0);
  }

  /** How long the function held the event loop, of a lap that took too long: 0 where that may be the machine's doing. */
  #holding(lapMs: number): number {
    this.#slowInARow++;
    const cpuMs = this.#stopwatch.cpuOf(lapMs);
    if (cpuMs > LONGEST_HOLD_MS) return cpuMs;
    // Whoever waits without using the CPU, as for a synchronous read, does so each time.
    return this.#slowInARow >= SLOW_IN_A_ROW ? lapMs : 0;
  }
}

/** The failure of a function that held the event loop for so long. */
export function heldTooLong(ms: number): Error {
  return new Error(`held the event loop for ${Math.round(ms)} ms`);
}
