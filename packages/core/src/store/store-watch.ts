import { messageOf } from '../errors.js';
import type { Logger } from '../logger.js';
import type { Scheduler } from '../scheduler.js';
import type { Store } from './store.js';

/** So often, in ms, the store is asked to take a few bytes: trouble shows in health within 10 s, and so does its end. */
const PROBE_EVERY_MS = 5_000;
/** The same after a probe that failed. */
const PROBE_AGAIN_MS = 2_000;

export interface StoreWatchOptions {
  readonly store: Store;
  readonly scheduler: Scheduler;
  readonly logger: Logger;
}

/** Probes the store while the agent runs, for a full or read-only store answers reads as if nothing were wrong. */
export class StoreWatch {
  readonly #options: StoreWatchOptions;
  #job: Disposable | undefined;
  #isRunning = false;
  #hasWarned = false;

  constructor(options: StoreWatchOptions) {
    this.#options = options;
  }

  /** Probes at once and then every 5 s. Resolves after the first probe; never rejects. */
  async start(): Promise<void> {
    if (this.#isRunning) return;
    this.#isRunning = true;
    await this.#probe();
  }

  stop(): void {
    this.#isRunning = false;
    this.#job?.[Symbol.dispose]();
  }

  async #probe(): Promise<void> {
    const { store, logger } = this.#options;
    let delayMs = PROBE_EVERY_MS;
    try {
      await store.probe();
      if (this.#hasWarned)
        logger.info(`The store (${store.description}) takes writes again.`, {
          code: 'STORE_WRITABLE',
          store: store.description,
        });
      this.#hasWarned = false;
    } catch (error) {
      delayMs = PROBE_AGAIN_MS;
      // An unreachable store is logged by the parts that read from it.
      if (!store.reachable || this.#hasWarned) return;
      logger.warn(`Nothing that must be written down happens for now: ${messageOf(error)}`, {
        code: 'STORE_NOT_WRITABLE',
        error,
      });
      this.#hasWarned = true;
    } finally {
      this.#next(delayMs);
    }
  }

  #next(delayMs: number): void {
    const { scheduler } = this.#options;
    if (this.#isRunning) {
      this.#job = scheduler.schedule('crowdsec:store-probe', delayMs, () => this.#probe());
    }
  }
}
