import type { DetectionEvent } from './detection-event.js';
import type { Stopwatch } from './stopwatch.js';

/** So many events may wait; what comes beyond is dropped and counted. */
const LIMIT = 10_000;
/** Then requests get their turn. */
const SLICE_MS = 5;

/**
 * Events that wait for the detectors, so that no request does. Clients take turns: a flood from one holds up its own events, not those
 * of others.
 */
export class EventQueue {
  readonly #stopwatch: Stopwatch;
  readonly #handle: (event: DetectionEvent) => void;
  /** By client, whose turn it is first; never an empty list. */
  readonly #waiting = new Map<string, DetectionEvent[]>();
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
    if (this.#added - this.#handled >= LIMIT) {
      this.#dropped++;
      return;
    }
    const others = this.#waiting.get(event.ip);
    if (others === undefined) this.#waiting.set(event.ip, [event]);
    else others.push(event);
    this.#added++;
    this.#plan();
  }

  /** Handles what waits of one client, a slice of it at most. */
  catchUp(ip: string): void {
    if (!this.#waiting.has(ip)) return;
    const endAt = this.#beginSlice();
    do this.#handleOneOf(ip);
    while (this.#waiting.has(ip) && this.#stopwatch.at < endAt);
  }

  /** Handles as many as wait now, slice by slice. */
  async drain(): Promise<void> {
    const all = this.#added;
    while (this.#handled < all) {
      this.#slice();
      await new Promise((resolve) => setImmediate(resolve));
    }
  }

  #plan(): void {
    if (this.#isPlanned || this.#waiting.size === 0) return;
    this.#isPlanned = true;
    setImmediate(() => {
      this.#isPlanned = false;
      this.#slice();
      this.#plan();
    });
  }

  #slice(): void {
    const endAt = this.#beginSlice();
    // One at least, however slow the machine is.
    for (const ip of this.#waiting.keys()) {
      this.#handleOneOf(ip);
      if (this.#stopwatch.at >= endAt) break;
    }
  }

  #beginSlice(): number {
    this.#stopwatch.start();
    return this.#stopwatch.at + SLICE_MS;
  }

  /** Then it is the next client's turn. */
  #handleOneOf(ip: string): void {
    const events = this.#waiting.get(ip)!;
    const event = events.shift()!;
    this.#waiting.delete(ip);
    if (events.length > 0) this.#waiting.set(ip, events);
    this.#handled++;
    this.#handle(event);
  }
}
