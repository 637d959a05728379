import type { Scheduler } from '../scheduler.js';
import type { Lease } from '../store/store.js';

const RENEWAL_MS = 5_000;

/** Prolongs a lease by `ttlMs` every 5 s, until it is lost or the handle is disposed. */
export function keepAlive(lease: Lease, ttlMs: number, scheduler: Scheduler): Disposable {
  let job: Disposable | undefined;
  let over = false;
  const renewLater = (): void => {
    job = scheduler.schedule('crowdsec:lease', RENEWAL_MS, async () => {
      const renewed = await lease.renew(ttlMs).catch(() => false);
      if (renewed && !over) renewLater();
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
