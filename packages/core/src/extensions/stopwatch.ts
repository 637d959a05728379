import type { Clock } from '../clock.js';

/** Measures laps, one reading of the clock each: on some machines a reading costs more than a detector. */
export class Stopwatch {
  readonly #clock: Clock;
  #at = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** When it was read last, in ms of monotonic time. */
  get at(): number {
    return this.#at;
  }

  /** Begins a lap. */
  start(): void {
    this.#at = this.#clock.monotonic();
  }

  /** Ends a lap and begins the next; how long it took, in ms. */
  lap(): number {
    const before = this.#at;
    this.start();
    return this.#at - before;
  }
}
