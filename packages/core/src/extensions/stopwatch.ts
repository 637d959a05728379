import type { Clock } from '../clock.js';

/** CPU time is read once in so long: that costs several times what a detector does. */
const CPU_READ_EVERY_MS = 10;

/** Measures laps, one reading of the clock each: on some machines a reading costs more than a detector. */
export class Stopwatch {
  readonly #clock: Clock;
  #at = 0;
  /** The last reading of CPU time, and when that was. */
  #cpuMs = 0;
  #cpuReadAt = -Infinity;
  /** The longest lap since somebody set this to 0. */
  longestMs = 0;

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
    if (this.#at - this.#cpuReadAt >= CPU_READ_EVERY_MS) this.#readCpu();
  }

  /** Begins a lap, and the search for the longest one. */
  begin(): void {
    this.start();
    this.longestMs = 0;
  }

  /** Ends a lap and begins the next; how long it took, in ms. */
  lap(): number {
    const before = this.#at;
    this.#at = this.#clock.monotonic();
    const lapMs = this.#at - before;
    if (lapMs > this.longestMs) this.longestMs = lapMs;
    return lapMs;
  }

  /**
   * How much CPU time the lap that has just ended took at least, in ms: on a busy machine that is less than the lap, in which other
   * processes ran too. The lap itself where the clock knows no CPU time.
   *
   * @param lapMs what {@link lap} told
   */
  cpuOf(lapMs: number): number {
    if (this.#clock.cpu === undefined) return lapMs;
    const before = this.#cpuMs;
    // All that went by between the reading and the lap may have been CPU time, of others.
    const beforeLapMs = this.#at - lapMs - this.#cpuReadAt;
    this.#readCpu();
    return this.#cpuMs - before - beforeLapMs;
  }

  #readCpu(): void {
    if (this.#clock.cpu === undefined) return;
    this.#cpuMs = this.#clock.cpu();
    this.#cpuReadAt = this.#at;
  }
}
