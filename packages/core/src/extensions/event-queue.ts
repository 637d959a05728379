import type { Clock } from '../clock.js';
import type { DetectionEvent } from './detection-event.js';

/** So many events may wait; what comes beyond is dropped and counted. */
const LIMIT = 10_000;
/** Then requests get their turn. */
const SLICE_MS = 5;

/** Events that wait for the detectors: requests never do. */
export class EventQueue {
  readonly #clock: Clock;
  readonly #handle: (event: DetectionEvent) => void;
  #waiting: DetectionEvent[] = [];
  #next = 0;
  #isPlanned = false;
  #dropped = 0;

  /** @param handle never throws */
  constructor(clock: Clock, handle: (event: DetectionEvent) => void) {
    this.#clock = clock;
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
    this.#plan();
  }

  /** Handles all that waits, now. */
  drain(): void {
    while (this.#next < this.#waiting.length) this.#handle(this.#waiting[this.#next++]!);
    [this.#waiting, this.#next] = [[], 0];
  }

  #plan(): void {
    if (this.#isPlanned) return;
    this.#isPlanned = true;
    setImmediate(() => {
      this.#isPlanned = false;
      this.#slice();
    });
  }

  #slice(): void {
    const endAt = this.#clock.monotonic() + SLICE_MS;
    while (this.#next < this.#waiting.length && this.#clock.monotonic() < endAt) this.#handle(this.#waiting[this.#next++]!);
    if (this.#next < this.#waiting.length) return this.#plan();
    [this.#waiting, this.#next] = [[], 0];
  }
}
