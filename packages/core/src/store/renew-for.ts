import type { Clock } from '../clock.js';
import type { Lease } from './store.js';

/**
 * Renews a lease as the last step before a call that it must cover; whether the call may leave. It may not when the lease is lost, nor when this
 * process was held up meanwhile for so long that less than `neededMs` of the lease is left. That goes by monotonic time alone, for a wall
 * clock that jumps says nothing of it.
 *
 * @param options.ttlMs from now on the lease lasts so long
 * @throws CrowdsecError `CROWDSEC_STORE_UNAVAILABLE`
 */
export async function renewFor(
  lease: Pick<Lease, 'renew'>,
  options: { readonly clock: Clock; readonly ttlMs: number; readonly neededMs: number },
): Promise<boolean> {
  const { clock, ttlMs, neededMs } = options;
  const askedAt = clock.monotonic();
  return (await lease.renew(ttlMs)) && clock.monotonic() - askedAt <= ttlMs - neededMs;
}
