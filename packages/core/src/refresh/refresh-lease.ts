import type { Clock } from '../clock.js';
import { isCrowdsecError } from '../errors.js';
import type { Scheduler } from '../scheduler.js';
import { keepAlive } from '../store/keep-alive.js';
import type { Lease, Store } from '../store/store.js';

/** Held during a pull and prolonged while it lasts, so that a process that dies holds the others up for seconds. */
export const REFRESH_LEASE_MS = 20_000;

export interface RefreshLeaseOptions {
  readonly store: Store;
  readonly clock: Clock;
  readonly scheduler: Scheduler;
}

/** Runs work while this process, of all that share the store, may pull and write decisions. */
export class RefreshLease {
  readonly #options: RefreshLeaseOptions;

  constructor(options: RefreshLeaseOptions) {
    this.#options = options;
  }

  /** What the work resolves with; `undefined`, and nothing done, when another process is at it. */
  async hold<T>(work: (lease: Lease) => Promise<T>): Promise<T | undefined> {
    const { store, scheduler } = this.#options;
    const lease = await store.lease('refresh', REFRESH_LEASE_MS);
    if (lease === undefined) return undefined;
    const alive = keepAlive(lease, REFRESH_LEASE_MS, scheduler);
    try {
      return await work(lease);
    } finally {
      alive[Symbol.dispose]();
      await lease.release().catch(() => undefined);
    }
  }

  /** As {@link hold}; also `undefined` when the work ended because the lease was lost, for then another process is at it. */
  holdThroughout<T>(work: (lease: Lease) => Promise<T>): Promise<T | undefined> {
    return this.hold(work).catch((error: unknown) => {
      if (isCrowdsecError(error, 'CROWDSEC_LEASE_BUSY')) return undefined;
      throw error;
    });
  }
}
