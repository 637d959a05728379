import type { Clock } from '../clock.js';

const HOUR_MS = 3_600_000;

/** At most so many in an hour, an hour beginning with the first. */
export class HourlyCap {
  readonly #clock: Clock;
  #beganAt = -Infinity;
  #used = 0;
  #isSpent = false;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Whether somebody has asked for more than there was, this hour. */
  get isSpent(): boolean {
    return this.#isSpent && this.#clock.monotonic() - this.#beganAt < HOUR_MS;
  }

  /** Takes one of `limit`; false when none is left. */
  take(limit: number): boolean {
    const now = this.#clock.monotonic();
    if (now - this.#beganAt >= HOUR_MS) [this.#beganAt, this.#used, this.#isSpent] = [now, 0, false];
    if (this.#used >= limit) this.#isSpent = true;
    else this.#used++;
    return !this.#isSpent;
  }
}
