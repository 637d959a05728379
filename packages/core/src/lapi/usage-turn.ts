import * as z from 'zod';
import type { Clock } from '../clock.js';
import { sleep, type Scheduler } from '../scheduler.js';
import type { Lease, Store } from '../store/store.js';

/** Held for as long as it takes to read and write a record. */
const LEASE_MS = 5_000;
const LEASE_RETRY_MS = 100;
const LEASE_TRIES = 10;
/** A stored moment that lies further ahead than this is that of a clock that was wrong. */
const MAX_AHEAD_SECONDS = 60;
/** One process of an installation tells of what is held, this often at most: a little less than the pushes are apart. */
const HELD_SECONDS = 14 * 60;

const recordSchema = z.object({
  second: z.number().int().min(0),
  heldSecond: z.number().int().min(0),
  held: z.array(z.string()),
});

type UsageRecord = z.output<typeof recordSchema>;

const NEW_RECORD: UsageRecord = { second: 0, heldSecond: 0, held: [] };

/** What one push of usage metrics may say. */
export interface UsageTurn {
  /** Its second, in s since the epoch: that of no other push of this installation. */
  readonly second: number;
  /** Whether this push tells of what is held, which is the same in all processes. */
  readonly reportsHeld: boolean;
  /** What the last such push told of. */
  readonly reportedNames: readonly string[];
}

/**
 * Takes the turn of a push. LAPI takes items of two pushes of one second that are otherwise equal for one that was told twice, and processes of
 * one installation have the same key: so no two of them use the same second. Without the store it may happen; then a few requests are not
 * shown.
 *
 * @param held names of what is held now
 */
export async function usageTurn(
  held: readonly string[],
  options: { readonly store: Pick<Store, 'lease' | 'read'>; readonly clock: Clock; readonly scheduler: Scheduler },
): Promise<UsageTurn> {
  const { store, clock, scheduler } = options;
  try {
    for (let tries = 0; tries < LEASE_TRIES; tries++) {
      const lease = await store.lease('usage-metrics', LEASE_MS);
      if (lease !== undefined) return await takeTurn(held, lease, options);
      await sleep(scheduler, 'crowdsec:wait-for-usage-metrics', LEASE_RETRY_MS);
    }
  } catch {
    // What waits for these numbers is not worth an error.
  }
  return { second: Math.floor(clock.now() / 1000), reportsHeld: false, reportedNames: [] };
}

async function takeTurn(
  held: readonly string[],
  lease: Lease,
  { store, clock }: { readonly store: Pick<Store, 'read'>; readonly clock: Clock },
): Promise<UsageTurn> {
  try {
    const stored = await store.read('usage-metrics', (value) => recordSchema.parse(value));
    const now = Math.floor(clock.now() / 1000);
    const isSound = stored.state === 'present' && stored.value.second <= now + MAX_AHEAD_SECONDS;
    const last = isSound ? stored.value : NEW_RECORD;
    const second = Math.max(now, last.second + 1);
    const reportsHeld = second - last.heldSecond >= HELD_SECONDS;
    await lease.put('usage-metrics', {
      second,
      heldSecond: reportsHeld ? second : last.heldSecond,
      held: reportsHeld ? held : last.held,
    });
    return { second, reportsHeld, reportedNames: last.held };
  } finally {
    await lease.release().catch(() => undefined);
  }
}
