import { randomBytes } from 'node:crypto';
import type { Clock } from '../clock.js';
import { CrowdsecError } from '../errors.js';
import { type Deadline, withinDeadline } from '../deadline.js';
import type { Fence, StoreEngine } from './store-engine.js';
import { storeTooSlow, storeUnavailable } from './store-error.js';
import type { Journal, Lease, Store } from './store.js';

type Bounded = <T>(task: string, run: (deadline: Deadline) => Promise<T>) => Promise<T>;

/** The port over one kind of store: here every call gets its deadline, and every failure its code. */
export function composeStore(engine: StoreEngine, { clock, deadlineMs }: { clock: Clock; deadlineMs: number }): Store {
  let reachable = true;
  const bounded: Bounded = async (task, run) => {
    try {
      const result = await withinDeadline(
        { ms: deadlineMs, late: () => storeTooSlow(engine.description, task, deadlineMs) },
        run,
      );
      reachable = true;
      return result;
    } catch (error) {
      reachable = false;
      throw storeUnavailable(engine.description, task, error);
    }
  };
  const { pour } = engine;
  return {
    description: engine.description,
    durable: engine.durable,
    shared: engine.shared,
    crashSafe: engine.crashSafe,
    get reachable() {
      return reachable;
    },
    get: (key) => bounded(`read '${key}'`, (deadline) => engine.get(key, deadline)),
    put: (key, value) => bounded(`write '${key}'`, (deadline) => done(engine.put(key, value, undefined, deadline))),
    delete: (key) => bounded(`delete '${key}'`, (deadline) => engine.delete(key, deadline)),
    getBlob: (key) => bounded(`read '${key}'`, (deadline) => engine.getBlob(key, deadline)),
    putBlob: (key, blob) =>
      bounded(`write '${key}'`, (deadline) => done(engine.putBlob(key, blob, undefined, deadline))),
    blobVersion: (key) => bounded(`read the version of '${key}'`, (deadline) => engine.blobVersion(key, deadline)),
    lease: (name, ttlMs) => takeLease(engine, bounded, clock, name, ttlMs),
    journal: journalOf(engine, bounded),
    ...(pour && {
      pour: (name, rules, event) => bounded(`count in '${name}'`, (deadline) => pour(name, rules, event, deadline)),
    }),
    close: () => bounded('close', () => engine.close()),
  };
}

const RUN_OUT = { wall: -Infinity, monotonic: -Infinity };

/** A write without a fence has nothing to say but that it was done. */
async function done(write: Promise<boolean>): Promise<void> {
  await write;
}

async function takeLease(
  engine: StoreEngine,
  bounded: Bounded,
  clock: Clock,
  name: string,
  ttlMs: number,
): Promise<Lease | undefined> {
  const holder = randomBytes(12).toString('hex');
  const release = (fence: Fence): Promise<void> =>
    bounded(`release the lease '${name}'`, (deadline) => engine.releaseLease(fence, deadline));
  let endsAt = endOf(clock, ttlMs);
  const token = await bounded(`take the lease '${name}'`, async (deadline) => {
    const taken = await engine.takeLease(name, holder, ttlMs, deadline);
    // The caller was told that it failed, so nobody else would release it.
    if (taken !== undefined && deadline.signal.aborted) await release({ name, holder, token: taken });
    return taken;
  });
  if (token === undefined) return undefined;

  const fence: Fence = { name, holder, token };
  const fenced = async (key: string, write: (deadline: Deadline) => Promise<boolean>): Promise<void> => {
    if (!(await bounded(`write '${key}'`, write))) {
      throw new CrowdsecError('CROWDSEC_LEASE_BUSY', `'${key}' was not written: the lease '${name}' is no longer held`);
    }
  };
  return {
    token,
    // Of both clocks the stricter: monotonic time may stand still while the machine sleeps, wall time may be set back.
    remainingMs: () => Math.min(endsAt.wall - clock.now(), endsAt.monotonic - clock.monotonic()),
    held: () => bounded(`check the lease '${name}'`, (deadline) => engine.holdsLease(fence, deadline)),
    renew: async (forMs) => {
      const end = endOf(clock, forMs);
      const renewed = await bounded(`renew the lease '${name}'`, (deadline) =>
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

function journalOf({ journal }: StoreEngine, bounded: Bounded): Journal {
  return {
    append: (entries) => bounded('append to the journal', (deadline) => journal.append(entries, deadline)),
    read: (limit) => bounded('read the journal', (deadline) => journal.read(limit, deadline)),
    acknowledge: (entries) => bounded('write to the journal', (deadline) => journal.acknowledge(entries, deadline)),
    replace: (entries) => bounded('write to the journal', (deadline) => journal.replace(entries, deadline)),
    waiting: (ids) => bounded('read the journal', (deadline) => journal.waiting(ids, deadline)),
    size: () => bounded('read the journal', (deadline) => journal.size(deadline)),
  };
}
