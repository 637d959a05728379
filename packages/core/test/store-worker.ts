import { rm, writeFile } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';
import type { BucketRules, Overflow } from '../src/store/bucket-rules.js';
import type { Store } from '../src/store/store.js';
import { openAt, type StorePlace } from './store-place.js';

/** What a worker does until it is killed. */
export type Task =
  /** Takes the lease again and again for a while; `witness` is a file that only one can make at a time. */
  | { readonly kind: 'race'; readonly witness: string; readonly forMs: number; readonly ttlMs: number }
  /** Takes the lease, as soon as it can, and keeps it. Somebody killed within the lock under it costs one call. */
  | { readonly kind: 'hold'; readonly ttlMs: number }
  /** Appends to the journal, and tells each id once it is stored. */
  | { readonly kind: 'append'; readonly name: string; readonly batch: number }
  /** Pours into one bucket, as often as that. */
  | { readonly kind: 'pour'; readonly rules: BucketRules; readonly times: number };

/** What a worker tells. */
export type Told =
  | { readonly kind: 'raced'; readonly tokens: readonly number[]; readonly violations: number }
  | { readonly kind: 'held'; readonly token: number }
  | { readonly kind: 'stored'; readonly ids: readonly string[] }
  | { readonly kind: 'poured'; readonly overflows: readonly Overflow[] };

async function work(store: Store, task: Task): Promise<void> {
  switch (task.kind) {
    case 'race':
      return race(store, task);
    case 'hold':
      return hold(store, task.ttlMs);
    case 'append':
      return append(store, task);
    case 'pour':
      return pour(store, task);
  }
}

async function race(store: Store, { witness, forMs, ttlMs }: Task & { kind: 'race' }): Promise<void> {
  const tokens: number[] = [];
  let violations = 0;
  for (const end = Date.now() + forMs; Date.now() < end; await delay(Math.random() * 3)) {
    const lease = await store.lease('race', ttlMs);
    if (lease === undefined) continue;
    tokens.push(lease.token);
    await writeFile(witness, '', { flag: 'wx' }).catch(() => violations++);
    await delay(Math.random() * 5);
    if (!(await lease.held())) violations++;
    await rm(witness, { force: true });
    await lease.release();
  }
  await tell({ kind: 'raced', tokens, violations });
}

async function hold(store: Store, ttlMs: number): Promise<void> {
  for (;;) {
    const lease = await store.lease('hold', ttlMs).catch(() => undefined);
    if (lease !== undefined) {
      await tell({ kind: 'held', token: lease.token });
      for (;;) {
        await delay(ttlMs / 8);
        await lease.renew(ttlMs);
      }
    }
    await delay(20);
  }
}

async function append(store: Store, { name, batch }: Task & { kind: 'append' }): Promise<void> {
  for (let n = 0; ;) {
    const entries = Array.from({ length: batch }, () => ({
      id: `${name}-${n++}`,
      value: { padding: 'x'.repeat(200) },
    }));
    await store.journal.append(entries);
    await tell({ kind: 'stored', ids: entries.map(({ id }) => id) });
  }
}

async function pour(store: Store, { rules, times }: Task & { kind: 'pour' }): Promise<void> {
  const overflows: Overflow[] = [];
  for (let i = 0; i < times; i++) {
    const overflow = await store.pour?.('shared', rules, { group: 'one', at: Date.now() });
    if (overflow !== undefined) overflows.push(overflow);
  }
  await tell({ kind: 'poured', overflows });
}

/** Resolves once it is on its way: what is not sent when a process disconnects is lost. */
async function tell(told: Told): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    process.send?.(told, undefined, undefined, (error) => (error === null ? resolve() : reject(error)));
  });
}

const [place = '', task = ''] = process.argv.slice(2);
const { store, disconnect } = openAt(JSON.parse(place) as StorePlace);
await work(store, JSON.parse(task) as Task);
await disconnect();
process.disconnect();
