import { CrowdsecError } from '../errors.js';
import { sleep, type Scheduler } from '../scheduler.js';
import type { Lease, Store } from './store.js';

const POLL_MS = 100;

/**
 * Takes a lease, waiting for its holder for at most `waitMs`.
 *
 * @param options.signal ends the waiting, with its reason
 * @throws CrowdsecError `CROWDSEC_LEASE_BUSY` when somebody held it all the time
 */
export async function acquire(
  store: Store,
  scheduler: Scheduler,
  options: {
    readonly name: string;
    readonly ttlMs: number;
    readonly waitMs: number;
    readonly signal?: AbortSignal | undefined;
  },
): Promise<Lease> {
  const { name, ttlMs, waitMs } = options;
  for (let waitedMs = 0; ; waitedMs += POLL_MS) {
    options.signal?.throwIfAborted();
    const lease = await store.lease(name, ttlMs);
    if (lease !== undefined) return lease;
    if (waitedMs >= waitMs) {
      throw new CrowdsecError(
        'CROWDSEC_LEASE_BUSY',
        `Another process has held the "${name}" lease for ${waitMs} ms; try again later.`,
      );
    }
    await sleep(scheduler, `crowdsec:wait-for-${name}`, POLL_MS);
  }
}

/** As {@link acquire}, for as long as the work lasts; what it resolves with. */
export async function underLease<T>(
  store: Store,
  scheduler: Scheduler,
  wanted: Parameters<typeof acquire>[2],
  work: (lease: Lease) => Promise<T>,
): Promise<T> {
  const lease = await acquire(store, scheduler, wanted);
  try {
    return await work(lease);
  } finally {
    // A lease that can't be released runs out by itself; what the work did or threw matters more.
    await lease.release().catch(() => undefined);
  }
}
