import type { Clock } from '../clock.js';

const HOUR_MS = 3_600_000;
/** One network gets at most this share: it may spend its own, not everybody's. */
const NETWORK_SHARE = 0.1;

/** At most so many in an hour, an hour beginning with the first. */
export class HourlyCap {
  readonly #clock: Clock;
  readonly #usedBy = new Map<string, number>();
  #beganAt = -Infinity;
  #used = 0;
  #isSpent = false;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Whether somebody has asked for more than there was, this hour. */
  get isSpent(): boolean {
    return this.#isSpent && this.#clock.monotonic() - this.#beganAt < HOUR_MS;
  }

  /**
   * Takes one of `limit`; false when none is left, or none for this network.
   *
   * @param network what the client's neighbours share with it
   */
  take(limit: number, network: string): boolean {
    const now = this.#clock.monotonic();
    if (now - this.#beganAt >= HOUR_MS) {
      [this.#beganAt, this.#used, this.#isSpent] = [now, 0, false];
      this.#usedBy.clear();
    }
    const used = this.#usedBy.get(network) ?? 0;
    if (this.#used >= limit) this.#isSpent = true;
    if (this.#used >= limit || used >= Math.ceil(limit * NETWORK_SHARE)) return false;
    this.#used++;
    this.#usedBy.set(network, used + 1);
    return true;
  }
}
