import * as z from 'zod';
import type { Signal } from '../capi/wire.js';
import type { JsonValue, Lease, Store } from '../store/store.js';
import { storedMomentSchema } from '../stored-moment.js';
import { isJournaledSignal, signalToJournal } from './build-signal.js';

/** The oldest ones go when there are more. */
const MAX_KEPT = 1_000;

/** A signal that CAPI refuses, and what it said. */
export interface PoisonedSignal {
  readonly signal: Signal;
  readonly message: string;
  /** When it was set aside, in ms since the epoch. */
  readonly at: number;
}

const storedSchema = z.array(z.unknown());

const poisonedSchema = z.object({
  signal: z.custom<Signal>((value) => isJournaledSignal(value as JsonValue)),
  message: z.string(),
  at: storedMomentSchema,
});

/** The signals that were set aside, oldest first, at most 1,000. One that can't be read is left out. */
export async function poisonedSignals(store: Store): Promise<readonly PoisonedSignal[]> {
  const stored = await store.read('poisoned', (value) => storedSchema.parse(value));
  if (stored.state !== 'present') return [];
  return stored.value.flatMap((value) => poisonedSchema.safeParse(value).data ?? []);
}

/** Keeps a refused signal readable. Only the holder of the sending lease writes them. */
export async function setAside(store: Store, turn: Pick<Lease, 'put'>, poisoned: PoisonedSignal): Promise<void> {
  const others = (await poisonedSignals(store)).filter(({ signal }) => signal.uuid !== poisoned.signal.uuid);
  await turn.put('poisoned', [...others, poisoned].slice(-MAX_KEPT) as unknown as JsonValue);
}

/** What became of the signals that were set aside, after they were to be sent again. */
export interface RetryResult {
  /** Signals that wait to be sent again. */
  readonly retried: number;
  /** Signals that stay set aside, for the buffer has no room for them. */
  readonly left: number;
}

/** Puts the oldest that were set aside back into the journal, at most so many. A crash on the way leaves them in both. */
export async function requeuePoisoned(store: Store, lease: Pick<Lease, 'put'>, room: number): Promise<RetryResult> {
  const poisoned = await poisonedSignals(store);
  const back = poisoned.slice(0, room);
  const left = poisoned.slice(room);
  if (back.length > 0) {
    await store.journal.append(back.map(({ signal }) => ({ id: signal.uuid, value: signalToJournal(signal) })));
    await lease.put('poisoned', left as unknown as JsonValue);
  }
  return { retried: back.length, left: left.length };
}

/** Removes signals that were set aside and are no longer wanted; returns how many. Only the holder of the sending lease writes them. */
export async function dropPoisoned(
  store: Store,
  turn: Pick<Lease, 'put'>,
  isDropped: (poisoned: PoisonedSignal) => boolean,
): Promise<number> {
  const all = await poisonedSignals(store);
  const kept = all.filter((poisoned) => !isDropped(poisoned));
  if (kept.length < all.length) await turn.put('poisoned', kept as unknown as JsonValue);
  return all.length - kept.length;
}
