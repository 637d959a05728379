import type { Clock } from '../clock.js';
import type { Store } from '../store/store.js';
import { TwoGenerationCache } from '../two-generation-cache.js';
import { CHALLENGE_MS } from './proof-of-work.js';

/** How many used challenges a process remembers. Each was paid for by its work. */
const MAX_REMEMBERED = 100_000;

/**
 * The challenges that were answered: each is good for one pass. The store keeps them where processes share it; while it is out of reach,
 * and where it can't, each process remembers its own.
 */
export class UsedChallenges {
  readonly #store: Pick<Store, 'claim'>;
  readonly #clock: Clock;
  readonly #usedHere = new TwoGenerationCache<true>(MAX_REMEMBERED, CHALLENGE_MS * 2);

  constructor({ store, clock }: { readonly store: Pick<Store, 'claim'>; readonly clock: Clock }) {
    this.#store = store;
    this.#clock = clock;
  }

  /** Uses a challenge up; false when it was used before. Never rejects. */
  async use(nonce: string, remainingMs: number): Promise<boolean> {
    const at = this.#clock.monotonic();
    if (this.#usedHere.get(nonce, at) !== undefined) return false;
    this.#usedHere.add(nonce, true, at);
    if (this.#store.claim === undefined) return true;
    return this.#store.claim(`captcha:${nonce}`, remainingMs).catch(() => true);
  }
}
