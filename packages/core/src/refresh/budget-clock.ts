import type { Clock } from '../clock.js';

/** The wall clock is ahead or behind when it differs by more than this from the time that has passed. */
const JUMP_MS = 60_000;
/** Two looks at the wall clock that are this far apart and agree confirm that it has moved on. */
const CONFIRMATION_MS = 4_000;
/** How much two such looks may differ. */
const TOLERANCE_MS = 2_000;
/** How long a wall clock that went back can move no budget on. */
const IGNORE_AFTER_SETBACK_MS = 24 * 3_600_000;
const MAX_MOMENTS = 16;

/**
 * The time that budgets within a process are counted in: monotonic, and moved on when the wall clock shows that the
 * machine has slept, which monotonic time may not count. It never goes back, and a wall clock that jumps to and fro
 * moves it on once at most.
 */
export class BudgetClock {
  readonly #clock: Clock;
  /** What {@link now} is ahead of monotonic time. */
  #offset: number;
  #candidate: { readonly aheadMs: number; readonly seenAt: number } | undefined;
  #setBackAt = -Infinity;
  /** Stored moments, as they were understood when they were first seen. */
  readonly #moments = new Map<number, number>();

  constructor(clock: Clock) {
    this.#clock = clock;
    const now = clock.now();
    this.#offset = (Number.isFinite(now) ? now : 0) - this.#monotonic();
  }

  /** In ms; equals wall time as long as the wall clock runs evenly. */
  now(): number {
    return this.#monotonic() + this.#offset;
  }

  /**
   * Compares with the wall clock; true when that has moved this clock on.
   *
   * @param options.immediately one look is enough, for hosts that do not look again for a long time
   */
  followWallClock({ immediately = false }: { readonly immediately?: boolean } = {}): boolean {
    const aheadMs = this.#clock.now() - this.now();
    const seenAt = this.#monotonic();
    if (aheadMs < -JUMP_MS) this.#setBackAt = seenAt;
    if (!(aheadMs > JUMP_MS && Number.isFinite(aheadMs)) || seenAt - this.#setBackAt < IGNORE_AFTER_SETBACK_MS) {
      this.#candidate = undefined;
      return false;
    }
    const before = this.#candidate;
    const agrees = before !== undefined && Math.abs(before.aheadMs - aheadMs) <= TOLERANCE_MS;
    if (!agrees) this.#candidate = { aheadMs, seenAt };
    if (!immediately && !(agrees && seenAt - before.seenAt >= CONFIRMATION_MS)) return false;
    this.#candidate = undefined;
    this.#offset += aheadMs;
    return true;
  }

  /**
   * A stored wall time as a moment of this clock, never in the future. The same stored time is always the same moment,
   * wherever the wall clock has gone meanwhile.
   */
  momentOf(storedMs: number): number {
    const known = this.#moments.get(storedMs);
    if (known !== undefined) return known;
    const age = this.#clock.now() - storedMs;
    const moment = this.now() - (Number.isFinite(age) ? Math.max(0, age) : 0);
    this.#moments.set(storedMs, moment);
    if (this.#moments.size > MAX_MOMENTS) this.#moments.delete(this.#moments.keys().next().value!);
    return moment;
  }

  /** A moment of this clock as wall time, for people. */
  wallTimeOf(moment: number): number {
    return Math.round(this.#clock.now() + moment - this.now());
  }

  #monotonic(): number {
    const monotonic = this.#clock.monotonic();
    return Number.isFinite(monotonic) ? monotonic : 0;
  }
}
