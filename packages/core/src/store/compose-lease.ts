import { randomBytes } from 'node:crypto';
import type { Clock } from '../clock.js';
import { CrowdsecError } from '../errors.js';
import type { BoundedCall } from './bounded-call.js';
import type { Deadline } from '../deadline.js';
import type { Fence, StoreEngine } from './store-engine.js';
import type { Lease, StoreKey } from './store.js';

export interface LeaseParts {
  readonly engine: StoreEngine;
  readonly bounded: BoundedCall;
  readonly clock: Clock;
  /** Runs a write of a key, after what must be checked before. */
  readonly writing: (key: StoreKey, write: () => Promise<void>) => Promise<void>;
}

const RUN_OUT = { wall: -Infinity, monotonic: -Infinity };

/** Takes a lease; see `Store.lease`. */
export async function takeLease(
  { engine, bounded, clock, writing }: LeaseParts,
  name: string,
  ttlMs: number,
): Promise<Lease | undefined> {
  const holder = randomBytes(12).toString('hex');
  const release = (fence: Fence): Promise<void> =>
    bounded('change', `release the lease '${name}'`, (deadline) => engine.releaseLease(fence, deadline));
  let endsAt = endOf(clock, ttlMs);
  const token = await bounded(
    'write',
    `take the lease '${name}'`,
    async (deadline) => {
      const taken = await engine.takeLease(name, holder, ttlMs, deadline);
      // The caller was told that it failed, so nobody else would release it.
      if (taken !== undefined && deadline.signal.aborted) await release({ name, holder, token: taken });
      return taken;
    },
    (taken) => taken !== undefined,
  );
  if (token === undefined) return undefined;

  const fence: Fence = { name, holder, token };
  const fenced = (key: StoreKey, write: (deadline: Deadline) => Promise<boolean>): Promise<void> =>
    writing(key, async () => {
      const written = await bounded('write', `write '${key}'`, write, (isWritten) => isWritten);
      if (written) return;
      throw new CrowdsecError('CROWDSEC_LEASE_BUSY', `'${key}' was not written: the lease '${name}' is no longer held`);
    });
  return {
    token,
    // Of both clocks the stricter: monotonic time may stand still while the machine sleeps, wall time may be set back.
    remainingMs: () => Math.min(endsAt.wall - clock.now(), endsAt.monotonic - clock.monotonic()),
    held: () => bounded('read', `check the lease '${name}'`, (deadline) => engine.holdsLease(fence, deadline)),
    renew: async (forMs) => {
      const end = endOf(clock, forMs);
      const renewed = await bounded('change', `renew the lease '${name}'`, (deadline) =>
        engine.renewLease(fence, forMs, deadline),
      );
      endsAt = renewed ? end : RUN_OUT;
      return renewed;
    },
    put: (key, value) => fenced(key, (deadline) => engine.put(key, value, fence, deadline)),
    putBlob: (key, blob) => fenced(key, (deadline) => engine.putBlob(key, blob, fence, deadline)),
    release: async () => {
      endsAt = RUN_OUT;
      await release(fence);
    },
  };
}

/** Counted from before the question was sent, so that it never ends after the store's own end of it. */
function endOf(clock: Clock, ttlMs: number): { wall: number; monotonic: number } {
  return { wall: clock.now() + ttlMs, monotonic: clock.monotonic() + ttlMs };
}
