import type { Clock } from '../clock.js';

/** A clock that differs from CAPI's by more than this, in ms, is named in health. */
export const SKEW_WORTH_TELLING_MS = 60_000;

/** `Date` headers have no fractions of a second. */
const DATE_RESOLUTION_MS = 1_000;

interface Reading {
  readonly serverMs: number;
  /** What the local wall clock showed then. */
  readonly wall: number;
  /** Monotonic time of this process at that moment. */
  readonly at: number;
}

/**
 * CAPI's clock, as far as its answers tell. The moments that CAPI names, such as the end of a token's life, are judged by it: the
 * local wall clock may be wrong, and it may jump. Between two answers it is carried on by monotonic time.
 *
 * @see RFC 9110, section 6.6.1 (`Date`)
 */
export class ServerClock {
  readonly #clock: Clock;
  #reading: Reading | undefined;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Whether CAPI's time is known, from an answer or from a stored record of one. */
  get isKnown(): boolean {
    return this.#reading !== undefined;
  }

  /** CAPI's time in ms since the epoch; the local wall time until an answer has contained it. */
  now(): number {
    if (this.#reading === undefined) return this.#clock.now();
    return this.#reading.serverMs + this.#clock.monotonic() - this.#reading.at;
  }

  /**
   * CAPI's time if the local wall clock has gone right since the last answer, where that is later than {@link now}: monotonic time
   * stands still while a machine sleeps.
   */
  latest(): number {
    const passedMs = this.#reading === undefined ? 0 : this.#clock.now() - this.#reading.wall;
    return Math.max(this.now(), (this.#reading?.serverMs ?? 0) + passedMs);
  }

  /** By how much the local wall clock is ahead of CAPI's, in ms; negative when it is behind, 0 while unknown. */
  get skewMs(): number {
    return this.#reading === undefined ? 0 : Math.round(this.#clock.now() - this.now());
  }

  /** Notes that a call leaves; the returned function takes the `Date` header of its answer. */
  startCall(): (date: string | null) => void {
    const sent = { wall: this.#clock.now(), at: this.#clock.monotonic() };
    return (date) => {
      const serverMs = date === null ? NaN : Date.parse(date);
      if (Number.isNaN(serverMs)) return;
      const agrees = serverMs + DATE_RESOLUTION_MS > sent.wall && serverMs <= this.#clock.now();
      this.#reading = { serverMs: agrees ? sent.wall : serverMs, ...sent };
    };
  }

  /** Takes it that CAPI's clock shows this moment now: for answers whose `Date` is missing or contradicts their content. */
  assume(serverMs: number): void {
    this.#reading = { serverMs, wall: this.#clock.now(), at: this.#clock.monotonic() };
  }
}

/** What a clock that is off means, and what to do. */
export function skewInWords(skewMs: number): string {
  const seconds = Math.round(Math.abs(skewMs) / 1000);
  return (
    `The clock of this machine is ${seconds} s ${skewMs > 0 ? 'ahead of' : 'behind'} CAPI's. Tokens are judged by CAPI's clock, but ` +
    'signals carry the times of this machine: set its clock, with NTP for one.'
  );
}
