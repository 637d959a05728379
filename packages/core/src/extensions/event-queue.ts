import type { DetectionEvent } from './detection-event.js';
import type { Stopwatch } from './stopwatch.js';

/** So many events may wait; what comes beyond is dropped and counted. */
const MAX_EVENTS = 10_000;
/** Then requests get their turn. */
const SLICE_MS = 5;
/** So many events are handled between two looks at the clock while they are handled quickly, so that the looks cost little. */
const MAX_BATCH_SIZE = 32;
const FAST_BATCH_MS = 1;
/** The request of a client whose own events wait is held up by them for so long at most. */
const CATCH_UP_MS = 25;
/** So many of those that wait longest are searched for a client's: to look at more would hold its request up. */
const MAX_SEARCHED = 1_000;

/** Events that wait for the detectors, so that no request does. */
export class EventQueue {
  readonly #stopwatch: Stopwatch;
  readonly #handle: (events: readonly DetectionEvent[]) => void;
  /** In order; `undefined` where one was handled before its turn. */
  #waiting: (DetectionEvent | undefined)[] = [];
  #next = 0;
  /** How many of all that were added are behind us. */
  #passedCount = 0;
  /** How many are handled at once: twice as many as the last time if those took no time to speak of, else one. */
  #batchSize = 1;
  #isScheduled = false;
  #slices = 0;
  #dropped = 0;

  /**
   * @param stopwatch read by whoever handles events
   * @param handle never throws
   */
  constructor(stopwatch: Stopwatch, handle: (events: readonly DetectionEvent[]) => void) {
    this.#stopwatch = stopwatch;
    this.#handle = handle;
  }

  /** Events that were dropped because too many waited. */
  get dropped(): number {
    return this.#dropped;
  }

  /** Events wait, and get their turn when the event loop has handled what is ready now. */
  get isScheduled(): boolean {
    return this.#isScheduled;
  }

  /** How often some of what waits got its turn: while more comes than is handled, something always waits. */
  get slices(): number {
    return this.#slices;
  }

  add(event: DetectionEvent): void {
    if (this.#remainingCount >= MAX_EVENTS) {
      this.#dropped++;
      return;
    }
    this.#waiting.push(event);
    this.#schedule();
  }

  /** Handles what waits of one client before its turn. */
  catchUp(ip: string): void {
    if (this.#waiting.length === 0) return;
    const waiting = this.#waiting;
    const end = Math.min(waiting.length, this.#next + MAX_SEARCHED);
    let endAt: number | undefined;
    for (let i = this.#next; i < end; i++) {
      const event = waiting[i];
      if (event?.ip !== ip) continue;
      endAt ??= this.#startStopwatch() + CATCH_UP_MS;
      waiting[i] = undefined;
      this.#handle([event]);
      if (this.#stopwatch.at >= endAt) break;
    }
  }

  /** Handles all that waits now, slice by slice. */
  async drain(): Promise<void> {
    const all = this.#passedCount + this.#remainingCount;
    while (this.#passedCount < all) {
      this.#slice();
      await new Promise((resolve) => setImmediate(resolve));
    }
  }

  get #remainingCount(): number {
    return this.#waiting.length - this.#next;
  }

  #schedule(): void {
    if (this.#isScheduled || this.#waiting.length === 0) return;
    this.#isScheduled = true;
    setImmediate(this.#run);
  }

  readonly #run = (): void => {
    this.#isScheduled = false;
    this.#slice();
    this.#schedule();
  };

  #slice(): void {
    this.#slices++;
    let at = this.#startStopwatch();
    const endAt = at + SLICE_MS;
    // Some at least, however slow the machine is.
    while (this.#next < this.#waiting.length) {
      this.#handle(this.#nextBatch());
      const tookMs = this.#stopwatch.at - at;
      at += tookMs;
      this.#batchSize = tookMs < FAST_BATCH_MS ? Math.min(2 * this.#batchSize, MAX_BATCH_SIZE) : 1;
      if (at >= endAt) break;
    }
    if (this.#next >= this.#waiting.length) [this.#waiting, this.#next] = [[], 0];
  }

  #nextBatch(): readonly DetectionEvent[] {
    const end = Math.min(this.#next + this.#batchSize, this.#waiting.length);
    const batch: DetectionEvent[] = [];
    for (; this.#next < end; this.#next++) {
      const event = this.#waiting[this.#next];
      this.#waiting[this.#next] = undefined;
      this.#passedCount++;
      if (event !== undefined) batch.push(event);
    }
    return batch;
  }

  /** When it began. */
  #startStopwatch(): number {
    this.#stopwatch.start();
    return this.#stopwatch.at;
  }
}
