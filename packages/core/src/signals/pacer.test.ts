import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { removeFolder } from '../../test/remove-folder.js';
import { CAPI_PACE } from '../capi/capi-pace.js';
import { silentLogger } from '../logger.js';
import type { ReportPace } from '../networks/report-channel.js';
import type { Scheduler } from '../scheduler.js';
import { openStore } from '../store/open-store.js';
import type { Lease, Store } from '../store/store.js';
import { manualTime, type ManualTime } from '../testing/manual-time.js';
import { Pacer } from './pacer.js';

const SECOND_MS = 1_000;

let time: ManualTime;
let stateDir: string;
let stores: Store[];

beforeEach(async () => {
  time = manualTime();
  stateDir = await mkdtemp(join(tmpdir(), 'crowdsec-pacer-'));
  stores = [];
});

afterEach(async () => {
  for (const store of stores) await store.close();
  await removeFolder(stateDir);
});

function open(): Store {
  const store = openStore({
    stateDir,
    namespace: 'shop',
    apiRoot: 'https://api.crowdsec.net',
    clock: time.clock,
    deadlineMs: 20_000,
    logger: silentLogger,
  });
  stores.push(store);
  return store;
}

interface ProcessOptions {
  readonly callTimeoutMs?: number;
  readonly pace?: ReportPace;
  /** What each of its leases is replaced by. */
  readonly lease?: (lease: Lease) => Lease;
  readonly scheduler?: Scheduler;
}

/** The pacer of another process on the same store. */
function inProcess({ lease = (own) => own, ...options }: ProcessOptions = {}): Pacer {
  const store = open();
  const leases: Store = Object.create(store, {
    lease: {
      value: async (name: string, ttlMs: number) => {
        const taken = await store.lease(name, ttlMs);
        return taken && lease(taken);
      },
    },
  }) as Store;
  return new Pacer({
    store: leases,
    clock: time.clock,
    scheduler: time.scheduler,
    callTimeoutMs: 10 * SECOND_MS,
    pace: CAPI_PACE,
    ...options,
  });
}

function changed(lease: Lease, methods: Partial<Lease>): Lease {
  return Object.assign(Object.create(lease) as Lease, methods);
}

/** A lease whose writes and renewals take so long, by the time of the test. */
const slow = (writeMs: number, renewMs: number) => (lease: Lease) =>
  changed(lease, {
    put: async (key, value) => {
      await lease.put(key, value);
      await time.advance(writeMs);
    },
    renew: async (ms) => {
      const renewed = await lease.renew(ms);
      await time.advance(renewMs);
      return renewed;
    },
  });

/** Takes the jobs of a process that can be killed: after that none of them runs. */
function killable(): { readonly scheduler: Scheduler; readonly kill: () => void } {
  let isDead = false;
  return {
    kill: () => (isDead = true),
    scheduler: {
      schedule: (name, delayMs, run) => time.scheduler.schedule(name, delayMs, () => (isDead ? undefined : run())),
    },
  };
}

/** When the next call of the process leaves, which tries each quarter of a second. */
async function nextCallOf(pacer: Pacer): Promise<number> {
  for (let tries = 0; tries < 400; tries++) {
    const at = await pacer.turn(async (turn) => {
      await turn.confirmCall();
      return { value: time.clock.now() };
    });
    if (at !== undefined) return at;
    await time.advance(250);
  }
  throw new Error('no call left within 100 s');
}

const never = (): Promise<never> => new Promise<never>(() => undefined);

describe('calls of several processes on one store', () => {
  it.each([
    ['at once', 10 * SECOND_MS, 0, 0, 0],
    ['whose calls may take 3 s', 3 * SECOND_MS, 0, 0, 0],
    ['whose store takes 2 s for a write', 3 * SECOND_MS, 2 * SECOND_MS, 0, 0],
    ['whose store takes 2 s for a renewal', 3 * SECOND_MS, 0, 2 * SECOND_MS, 0],
    ['whose request leaves 2 s later', 3 * SECOND_MS, 0, 0, 2 * SECOND_MS],
    ['whose request leaves 4 s later', 10 * SECOND_MS, 0, 0, 4 * SECOND_MS],
    ['whose request leaves 9 s later', 10 * SECOND_MS, 0, 0, 9 * SECOND_MS],
  ])(
    'are 10 s apart when a process dies while its call is under way: %s',
    async (_name, callTimeoutMs, writeMs, renewMs, requestMs) => {
      const { scheduler, kill } = killable();
      const victim = inProcess({ callTimeoutMs, scheduler, lease: slow(writeMs, renewMs) });
      let leftAt = 0;
      void victim.turn(async (turn) => {
        await turn.confirmCall();
        await time.advance(requestMs);
        leftAt = time.clock.now();
        kill();
        return never();
      });
      await expect.poll(() => leftAt, { timeout: 20_000 }).toBeGreaterThan(0);
      const gapMs = (await nextCallOf(inProcess({ callTimeoutMs }))) - leftAt;
      expect(gapMs).toBeGreaterThanOrEqual(10 * SECOND_MS);
      expect(gapMs).toBeLessThanOrEqual(20 * SECOND_MS);
    },
  );

  it('are 10 s apart when the end of a call could not be written down', async () => {
    let writes = 0;
    const writesOnce = (lease: Lease): Lease =>
      changed(lease, {
        put: (key, value) => (++writes === 1 ? lease.put(key, value) : Promise.reject(new Error('the disk is full'))),
      });
    const first = inProcess({ lease: writesOnce });
    const result = await first.turn(async (turn) => {
      await turn.confirmCall();
      await time.advance(9 * SECOND_MS);
      return { value: 'delivered' };
    });
    expect(result).toBe('delivered');
    expect(writes).toBe(2);
    const endedAt = time.clock.now();
    expect((await nextCallOf(inProcess())) - endedAt).toBeGreaterThanOrEqual(10 * SECOND_MS);
  });

  it('are 10 s apart when what follows a call throws', async () => {
    const first = inProcess({ lease: slow(2 * SECOND_MS, 2 * SECOND_MS) });
    const failing = first.turn(async (turn) => {
      await turn.confirmCall();
      await time.advance(5 * SECOND_MS);
      throw new Error('the refused signal could not be set aside');
    });
    await expect(failing).rejects.toThrow('set aside');
    const endedAt = time.clock.now() - 2 * SECOND_MS;
    expect((await nextCallOf(inProcess())) - endedAt).toBeGreaterThanOrEqual(10 * SECOND_MS);
  });

  it.each([
    ['put', 60],
    ['renew', 60],
    ['renew', 12],
  ] as const)('are not made by a process that was held up in %s for %i s', async (step, seconds) => {
    let posted = 0;
    const frozen = inProcess({
      // A process that is frozen runs no jobs.
      scheduler: { schedule: () => ({ [Symbol.dispose]: () => undefined }) },
      lease: slow(step === 'put' ? seconds * SECOND_MS : 0, step === 'renew' ? seconds * SECOND_MS : 0),
    });
    const result = await frozen.turn(async (turn) => {
      try {
        await turn.confirmCall();
      } catch (error) {
        expect(error).toMatchObject({ code: 'CROWDSEC_LEASE_BUSY' });
        return { value: 'lost' };
      }
      posted++;
      return { value: 'posted' };
    });
    expect(result).toBeUndefined();
    expect(posted).toBe(0);
  });

  it('follow each other after a second where the network asks for no more', async () => {
    const pace: ReportPace = { ...CAPI_PACE, shortestGapMs: SECOND_MS };
    const leftAt = await nextCallOf(inProcess({ pace }));
    expect((await nextCallOf(inProcess({ pace }))) - leftAt).toBeLessThanOrEqual(1_250);
  });
});
