import { z } from 'zod';
import type { Signal } from '../capi/wire.js';
import type { JsonValue, Store } from '../store/store.js';
import type { Turn } from './pacer.js';

/** The oldest ones go when there are more. */
const MOST_KEPT = 1_000;

/** A signal that CAPI refuses, and what it said. */
export interface PoisonedSignal {
  readonly signal: Signal;
  readonly message: string;
  /** When it was set aside, in ms since the epoch. */
  readonly at: number;
}

const storedSchema = z.array(z.custom<PoisonedSignal>((value) => typeof value === 'object' && value !== null));

/** The signals that were set aside, oldest first, at most 1,000. */
export async function poisonedSignals(store: Store): Promise<readonly PoisonedSignal[]> {
  const stored = await store.read('poisoned', (value) => storedSchema.parse(value));
  return stored.state === 'present' ? stored.value : [];
}

/** Keeps a refused signal readable. Only whoever has the turn to send writes them. */
export async function setAside(store: Store, turn: Turn, poisoned: PoisonedSignal): Promise<void> {
  const kept = [...(await poisonedSignals(store)), poisoned].slice(-MOST_KEPT);
  await turn.put('poisoned', kept as unknown as JsonValue);
}
