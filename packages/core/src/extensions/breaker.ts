import type { Clock } from '../clock.js';

/** So many failures within this window switch off. */
const FAILURE_THRESHOLD = 5;
const FAILURE_WINDOW_MS = 60_000;
/** Off for a minute at first, twice as long each time that it fails again soon after it came back, an hour at most. */
const FIRST_PAUSE_MS = 60_000;
const MAX_PAUSE_MS = 3_600_000;

/** Counts failures, and says when it is enough and for how long. Monotonic time only. */
export class Breaker {
  readonly #clock: Clock;
  #recent: number[] = [];
  #pauses = 0;
  #resumedAt: number | undefined;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /**
   * A failure.
   *
   * @param grave one that is enough by itself, such as a failed activation
   * @returns how long to be switched off, in ms, if that was one too many. Right after a pause one is.
   */
  failed({ grave = false } = {}): number | undefined {
    const now = this.#clock.monotonic();
    const isHalfOpen = this.#resumedAt !== undefined && now - this.#resumedAt < FAILURE_WINDOW_MS;
    if (!isHalfOpen && this.#resumedAt !== undefined) [this.#pauses, this.#resumedAt] = [0, undefined];
    this.#recent = [...this.#recent.filter((at) => now - at < FAILURE_WINDOW_MS), now];
    if (!grave && !isHalfOpen && this.#recent.length < FAILURE_THRESHOLD) return undefined;
    this.#recent = [];
    return Math.min(MAX_PAUSE_MS, FIRST_PAUSE_MS * 2 ** this.#pauses++);
  }

  /** The pause is over; for a while the breaker is half-open: one failure is enough. */
  resumed(): void {
    this.#resumedAt = this.#clock.monotonic();
  }
}
