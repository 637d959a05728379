import type { Clock } from '../clock.js';

/** So many failures within so long switch off. */
const FAILURES = 5;
const WITHIN_MS = 60_000;
/** Off for a minute at first, twice as long each time that it fails again soon after it came back, an hour at most. */
const FIRST_PAUSE_MS = 60_000;
const LONGEST_PAUSE_MS = 3_600_000;

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
    const onTrial = this.#resumedAt !== undefined && now - this.#resumedAt < WITHIN_MS;
    if (!onTrial && this.#resumedAt !== undefined) [this.#pauses, this.#resumedAt] = [0, undefined];
    this.#recent = [...this.#recent.filter((at) => now - at < WITHIN_MS), now];
    if (!grave && !onTrial && this.#recent.length < FAILURES) return undefined;
    this.#recent = [];
    return Math.min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** this.#pauses++);
  }

  /** The pause is over; for a while it is on trial. */
  resumed(): void {
    this.#resumedAt = this.#clock.monotonic();
  }
}
