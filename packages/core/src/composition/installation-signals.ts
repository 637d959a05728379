import type { Signal } from '../capi/wire.js';
import { isJournaledSignal, signalFromJournal } from '../signals/build-signal.js';
import { poisonedSignals, type PoisonedSignal } from '../signals/poisoned.js';
import type { Store } from '../store/store.js';

/** So many are acknowledged at once. */
const BATCH = 1_000;

/** The signals of an installation as they are stored: those that wait, and those that were set aside. */
export class InstallationSignals {
  readonly #store: Store;

  constructor(store: Store) {
    this.#store = store;
  }

  /** How many wait to be sent, of all processes. */
  size(): Promise<number> {
    return this.#store.journal.size();
  }

  /** The oldest that wait, at most so many. */
  async pending(limit: number): Promise<readonly Signal[]> {
    const entries = await this.#store.journal.read(limit, isJournaledSignal);
    return entries.map(({ value }) => signalFromJournal(value));
  }

  /** Those that the network refused for what is in them, oldest first. */
  poisoned(): Promise<readonly PoisonedSignal[]> {
    return poisonedSignals(this.#store);
  }

  /** Forgets all that wait; how many. What a process sends at this moment gets through all the same. */
  async dropPending(): Promise<number> {
    const { journal } = this.#store;
    let dropped = 0;
    for (;;) {
      const entries = await journal.read(BATCH);
      if (entries.length === 0) return dropped;
      await journal.acknowledge(entries);
      dropped += entries.length;
    }
  }
}
