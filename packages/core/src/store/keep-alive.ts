import type { Scheduler } from '../scheduler.js';
import type { Lease } from './store.js';

/** The longest time between two renewals. */
const RENEWAL_MS = 5_000;

/**
 * Prolongs a lease by `ttlMs` every 5 s, or each third of `ttlMs` if that is sooner, until it is lost or the handle is disposed. A renewal that the
 * store did not answer is tried again at the next.
 */
export function keepAlive(lease: Lease, ttlMs: number, scheduler: Scheduler): Disposable {
  let job: Disposable | undefined;
  let over = false;
  const renewLater = (): void => {
    job = scheduler.schedule('crowdsec:lease', Math.min(RENEWAL_MS, ttlMs / 3), async () => {
      const isLost = await lease.renew(ttlMs).then(
        (renewed) => !renewed,
        () => false,
      );
      if (!isLost && !over) renewLater();
    });
  };
  renewLater();
  return {
    [Symbol.dispose]() {
      over = true;
      job?.[Symbol.dispose]();
    },
  };
}
