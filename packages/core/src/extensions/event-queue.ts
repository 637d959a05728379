import type { DetectionEvent } from './detection-event.js';
import type { Stopwatch } from './stopwatch.js';

/** So many events may wait; what comes beyond is dropped and counted. */
const LIMIT = 10_000;
/** Then requests get their turn. */
const SLICE_MS = 5;
/** The request of a client whose own events wait is held up by them for so long at most. */
const CATCH_UP_MS = 25;
/** So many of those that wait longest are searched for a client's: to look at more would hold its request up. */
const SEARCHED = 1_000;

/** Events that wait for the detectors, so that no request does. */
export class EventQueue {
  readonly #stopwatch: Stopwatch;
  readonly #handle: (event: DetectionEvent) => void;
  /** In order; `undefined` where one was handled before its turn. */
  #waiting: (DetectionEvent | undefined)[] = [];
  #next = 0;
  /** How many of all that were added are behind us. */
  #passed = 0;
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
    if (this.#ahead >= LIMIT) {
      this.#dropped++;
      return;
    }
    this.#waiting.push(event);
    this.#plan();
  }

  /** Handles what waits of one client before its turn. */
  catchUp(ip: string): void {
    if (this.#waiting.length === 0) return;
    const waiting = this.#waiting;
    const end = Math.min(waiting.length, this.#next + SEARCHED);
    let endAt: number | undefined;
    for (let i = this.#next; i < end; i++) {
      const event = waiting[i];
      if (event?.ip !== ip) continue;
      endAt ??= this.#begin() + CATCH_UP_MS;
      waiting[i] = undefined;
      this.#handle(event);
      if (this.#stopwatch.at >= endAt) break;
    }
  }

  /** Handles all that waits now, slice by slice. */
  async drain(): Promise<void> {
    const all = this.#passed + this.#ahead;
    while (this.#passed < all) {
      this.#slice();
      await new Promise((resolve) => setImmediate(resolve));
    }
  }

  get #ahead(): number {
    return this.#waiting.length - this.#next;
  }

  #plan(): void {
    if (this.#isPlanned || this.#waiting.length === 0) return;
    this.#isPlanned = true;
    setImmediate(() => {
      this.#isPlanned = false;
      this.#slice();
      this.#plan();
    });
  }

  #slice(): void {
    const endAt = this.#begin() + SLICE_MS;
    // One at least, however slow the machine is.
    while (this.#next < this.#waiting.length) {
      const event = this.#waiting[this.#next];
      this.#waiting[this.#next++] = undefined;
      this.#passed++;
      if (event !== undefined) this.#handle(event);
      if (this.#stopwatch.at >= endAt) break;
    }
    if (this.#next >= this.#waiting.length) [this.#waiting, this.#next] = [[], 0];
  }

  /** When it began. */
  #begin(): number {
    this.#stopwatch.start();
    return this.#stopwatch.at;
  }
}
