import type { Clock } from '../clock.js';
import type { Fence } from './store-engine.js';

interface Holding {
  readonly holder: string;
  readonly until: number;
}

/** Leases within one process, for stores that cannot do better. */
export class LocalLeases {
  readonly #clock: Clock;
  readonly #held = new Map<string, Holding>();
  #token = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  take(name: string, holder: string, ttlMs: number): number | undefined {
    const now = this.#clock.monotonic();
    const holding = this.#held.get(name);
    if (holding !== undefined && holding.until > now) return undefined;
    this.#held.set(name, { holder, until: now + ttlMs });
    return ++this.#token;
  }

  holds({ name, holder }: Fence): boolean {
    const holding = this.#held.get(name);
    return holding?.holder === holder && holding.until > this.#clock.monotonic();
  }

  renew(fence: Fence, ttlMs: number): boolean {
    if (!this.holds(fence)) return false;
    this.#held.set(fence.name, { holder: fence.holder, until: this.#clock.monotonic() + ttlMs });
    return true;
  }

  release({ name, holder }: Fence): void {
    if (this.#held.get(name)?.holder === holder) this.#held.delete(name);
  }
}
