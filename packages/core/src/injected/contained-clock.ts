import { systemClock, type Clock } from '../clock.js';
import { messageOf } from '../errors.js';
import type { Faults } from './faults.js';

/** The latest moment that a `Date` can hold, in ms. */
const MAX_TIME_MS = 8.64e15;
/** Wall time that moves by more than this against monotonic time has jumped. */
const JUMP_MS = 1_000;
/** Wall time that jumps back and forth so often within so short a time is not followed. */
const JUMP_THRESHOLD = 10;
const JUMP_WINDOW_MS = 10_000;
/** It is followed again when it has not jumped for so long. */
const STEADY_AFTER_MS = 60_000;

/**
 * A clock of the application as the agent uses it. A wall clock may be set, forward and back; one that throws, is not a number, or jumps to
 * and fro is made up for by monotonic time, and monotonic time that is none by the machine's own.
 */
export class ContainedClock implements Clock {
  /** Where the clock has it. What cannot be read counts as none used. */
  readonly cpu?: () => number;
  readonly #clock: Clock;
  readonly #faults: Faults;
  #lastMonotonic: number | undefined;
  /** What is added to the machine's monotonic time, once that of the clock is not used any more. */
  #ownOffset: number | undefined;
  /** Wall time less monotonic time, as it was read last. */
  #offset: number | undefined;
  /** The same, from before wall time began to jump to and fro. */
  #steadyOffset = 0;
  #jumps = 0;
  #lastJump = 0;
  #jumpedAt = -Infinity;
  #seriesAt = -Infinity;

  constructor(clock: Clock, faults: Faults) {
    this.#clock = clock;
    this.#faults = faults;
    if (typeof clock.cpu === 'function') this.cpu = () => this.#read('cpu') ?? 0;
  }

  now(): number {
    const monotonic = this.monotonic();
    const wall = this.#read('now');
    if (wall === undefined || Math.abs(wall) > MAX_TIME_MS) {
      if (wall !== undefined) this.#failed(`now() gave ${wall}`);
      this.#offset ??= systemClock.now() - monotonic;
      return monotonic + this.#offset;
    }
    this.#follow(wall - monotonic, monotonic);
    return this.#jumps >= JUMP_THRESHOLD ? monotonic + this.#steadyOffset : wall;
  }

  monotonic(): number {
    if (this.#ownOffset !== undefined) return systemClock.monotonic() + this.#ownOffset;
    const value = this.#read('monotonic');
    const last = this.#lastMonotonic;
    if (value !== undefined && (last === undefined || value >= last)) return (this.#lastMonotonic = value);
    if (value !== undefined) this.#failed('monotonic() went back');
    this.#ownOffset = (last ?? 0) - systemClock.monotonic();
    return last ?? 0;
  }

  /** Notices jumps that follow each other in different directions. */
  #follow(offset: number, monotonic: number): void {
    const moved = offset - (this.#offset ?? offset);
    if (monotonic - this.#jumpedAt > STEADY_AFTER_MS) this.#jumps = 0;
    if (Math.abs(moved) > JUMP_MS) {
      if (this.#jumps < JUMP_THRESHOLD && monotonic - this.#seriesAt > JUMP_WINDOW_MS) {
        this.#jumps = 0;
        this.#lastJump = 0;
        this.#seriesAt = monotonic;
        this.#steadyOffset = this.#offset ?? offset;
      }
      if (moved * this.#lastJump <= 0) this.#jumps++;
      this.#lastJump = moved;
      this.#jumpedAt = monotonic;
      if (this.#jumps >= JUMP_THRESHOLD) this.#failed('now() jumps to and fro');
    }
    this.#offset = offset;
  }

  #read(method: 'now' | 'monotonic' | 'cpu'): number | undefined {
    try {
      const value: unknown = this.#clock[method]?.();
      if (typeof value === 'number' && Number.isFinite(value)) return value;
      this.#failed(`${method}() gave ${typeof value === 'number' ? value : typeof value}`);
    } catch (error) {
      this.#failed(`${method}() threw: ${messageOf(error)}`);
    }
    return undefined;
  }

  #failed(what: string): void {
    this.#faults.note(
      'CLOCK_FAILED',
      `The clock does not keep time (${what}); the machine's monotonic time makes up for it.`,
    );
  }
}
