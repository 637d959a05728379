import { messageOf } from '../errors.js';
import type { Logger } from '../logger.js';
import type { Lease, Store } from '../store/store.js';
import type { HeldDecisions } from './held-decisions.js';
import type { Jobs } from './jobs.js';
import type { PullBudgetRecord } from './pull-budget-record.js';
import type { RefreshLease } from './refresh-lease.js';

/** How often what was pulled is written before the write is put off, and for how long then. */
const MAX_ATTEMPTS = 3;
const RETRY_MS = 5_000;
const FAILURE = 'New decisions are in use and could not be stored yet';

export interface SaverOptions {
  readonly store: Store;
  readonly held: HeldDecisions;
  readonly budget: PullBudgetRecord;
  readonly lease: RefreshLease;
  readonly jobs: Jobs;
  readonly logger: Logger;
}

/** Writes what was pulled, and that it was pulled: again and again until it is stored. */
export class Saver {
  readonly #options: SaverOptions;

  constructor(options: SaverOptions) {
    this.#options = options;
  }

  get hasUnsaved(): boolean {
    const { held, budget } = this.#options;
    return held.isUnsaved || budget.isUnsaved;
  }

  /** Writes what is not stored yet. @throws what the store rejects with */
  async write(lease: Lease): Promise<void> {
    const { held, budget } = this.#options;
    // The record counts as a pull whether or not the snapshot can be written.
    const written = await Promise.allSettled([held.save(lease), budget.save(lease)]);
    for (const write of written) if (write.status === 'rejected') throw write.reason;
  }

  /** As {@link write}; what can't be written now is written later. Never rejects. */
  async save(lease: Lease): Promise<void> {
    for (let attempts = 1; this.hasUnsaved; attempts++) {
      try {
        await this.write(lease);
      } catch (error) {
        if (attempts < MAX_ATTEMPTS) continue;
        this.#options.logger.warn(`${FAILURE}: ${messageOf(error)}`, { code: 'DECISIONS_NOT_STORED', error });
        this.plan();
        return;
      }
    }
  }

  /** Takes the lease and writes; another process that holds it has pulled meanwhile, or does. */
  async saveAlone(): Promise<void> {
    const { store, held, lease } = this.#options;
    await lease.hold(async (taken) => {
      // What can't be read is overwritten.
      const version = await store.blobVersion('decisions').catch(() => undefined);
      await held.load(version).catch(() => undefined);
      await this.write(taken);
    });
  }

  plan(delayMs = RETRY_MS): void {
    const save = async (): Promise<void> => {
      try {
        await this.saveAlone();
      } finally {
        if (this.hasUnsaved) this.plan();
      }
    };
    this.#options.jobs.plan('save', delayMs, save, FAILURE);
  }
}
