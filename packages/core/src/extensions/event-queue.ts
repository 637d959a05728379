import type { DetectionEvent } from './detection-event.js';
import type { Stopwatch } from './stopwatch.js';

/** So many events may wait; what comes beyond is dropped and counted. */
const LIMIT = 10_000;
/** Then requests get their turn. */
const SLICE_MS = 5;

/** Events that wait for the detectors: requests never do. */
export class EventQueue {
  readonly #stopwatch: Stopwatch;
  readonly #handle: (event: DetectionEvent) => void;
  #waiting: DetectionEvent[] = [];
  #next = 0;
  #added = 0;
  #handled = 0;
  #isPlanned = false;
  #dropped = 0;

  /**
   * @param stopwatch read by whoever handles an event
   * @param handle never throws
   */
  constructor(stopwatch: Stopwatch, handle: (event: DetectionEvent) => void) {
    this.#stopwatch = stopwatch;
    this.#handle = handle;
  }

  /** Events that were dropped because too many waited. */
  get dropped(): number {
    return this.#dropped;
  }

  add(event: DetectionEvent): void {
    if (this.#waiting.length - this.#next >= LIMIT) {
      this.#dropped++;
      return;
    }
    this.#waiting.push(event);
    this.#added++;
    this.#plan();
  }

  /** Handles all that waits now, slice by slice. */
  async drain(): Promise<void> {
    const all = this.#added;
    while (this.#handled < all) {
      this.#slice();
      await new Promise((resolve) => setImmediate(resolve));
    }
  }

  #plan(): void {
    if (this.#isPlanned || this.#next >= this.#waiting.length) return;
    this.#isPlanned = true;
    setImmediate(() => {
      this.#isPlanned = false;
      this.#slice();
      this.#plan();
    });
  }

  #slice(): void {
    this.#stopwatch.start();
    const endAt = this.#stopwatch.at + SLICE_MS;
    // One at least, however slow the machine is.
    while (this.#next < this.#waiting.length) {
      this.#handled++;
      this.#handle(this.#waiting[this.#next++]!);
      if (this.#stopwatch.at >= endAt) break;
    }
    if (this.#next >= this.#waiting.length) [this.#waiting, this.#next] = [[], 0];
  }
}
