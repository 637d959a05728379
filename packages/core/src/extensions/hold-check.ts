import type { Stopwatch } from './stopwatch.js';

/** Whoever holds the event loop for longer holds up every request. */
export const MAX_HOLD_MS = 50;
/** One event may take long because the machine runs other processes; so many in a row do not. */
const SLOW_THRESHOLD = 3;

/** Tells whether one function of an extension holds the event loop for too long. */
export class HoldCheck {
  readonly #stopwatch: Stopwatch;
  #consecutiveSlow = 0;

  /** @param stopwatch running: whoever calls the function has started it */
  constructor(stopwatch: Stopwatch) {
    this.#stopwatch = stopwatch;
  }

  /** Ends the lap: how long the function held the event loop in it, 0 where that was not too long. */
  lap(): number {
    const lapMs = this.#stopwatch.lap();
    return lapMs > MAX_HOLD_MS ? this.#confirmedHoldMs(lapMs) : (this.#consecutiveSlow = 0);
  }

  /** How long the function held the event loop, of a lap that took too long: 0 where that may be the machine's doing. */
  #confirmedHoldMs(lapMs: number): number {
    this.#consecutiveSlow++;
    const cpuMs = this.#stopwatch.cpuOf(lapMs);
    if (cpuMs > MAX_HOLD_MS) return cpuMs;
    // Whoever waits without using the CPU, as for a synchronous read, does so each time.
    return this.#consecutiveSlow >= SLOW_THRESHOLD ? lapMs : 0;
  }
}

/** The failure of a function that held the event loop for so long. */
export function heldTooLong(ms: number): Error {
  return new Error(`held the event loop for ${Math.round(ms)} ms`);
}
