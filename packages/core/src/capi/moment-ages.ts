import type { Clock } from '../clock.js';

/** More moments than a session ever remembers; beyond it the oldest are forgotten. */
const MAX_MOMENTS = 1_000;

/**
 * How long ago stored moments were. The wall clock tells it when a moment is first seen, monotonic time from then on: a wall clock that
 * jumps to and fro neither ends a wait nor prolongs it. A moment that lies in the future when it is first seen counts as now.
 */
export class MomentAges {
  readonly #clock: Clock;
  /** The monotonic time that each stored moment stands for. */
  readonly #monotonicOf = new Map<number, number>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** The moment as today's wall clock would have shown it, in ms since the epoch: never in the future. */
  present(storedMs: number): number {
    const now = this.#clock.now();
    const monotonic = this.#clock.monotonic();
    let at = this.#monotonicOf.get(storedMs);
    if (at === undefined) this.#set(storedMs, (at = monotonic - Math.max(0, now - storedMs)));
    return Math.round(now - (monotonic - at));
  }

  /** Notes that a moment of {@link present}, or now, is stored. Of two that look alike the later one counts. */
  note(presentMs: number): void {
    const at = this.#clock.monotonic() - Math.max(0, this.#clock.now() - presentMs);
    this.#set(presentMs, Math.max(at, this.#monotonicOf.get(presentMs) ?? -Infinity));
  }

  #set(storedMs: number, monotonicMs: number): void {
    this.#monotonicOf.delete(storedMs);
    this.#monotonicOf.set(storedMs, monotonicMs);
    if (this.#monotonicOf.size <= MAX_MOMENTS) return;
    const [oldest] = this.#monotonicOf.keys();
    if (oldest !== undefined) this.#monotonicOf.delete(oldest);
  }
}
