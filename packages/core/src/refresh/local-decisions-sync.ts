import type { Clock } from '../clock.js';
import type { LocalDecisions } from '../decisions/local-decisions.js';
import { messageOf } from '../errors.js';
import type { Logger } from '../logger.js';
import type { Scheduler } from '../scheduler.js';
import type { Store } from '../store/store.js';
import { LocalDecisionLog } from './local-decision-log.js';

/** Decisions are gathered for this long before they are written. */
const SAVE_DELAY_MS = 100;
/** How soon other processes notice what one of them decided. */
const WATCH_MS = 2_000;
const LEASE_TTL_MS = 20_000;
const RETRY_MS = 1_000;

export interface LocalDecisionsSyncOptions {
  readonly local: LocalDecisions;
  readonly store: Store;
  readonly clock: Clock;
  readonly scheduler: Scheduler;
  readonly logger: Logger;
}

/**
 * Keeps the local decisions of all processes alike, through the store: each process appends what it decides and merges
 * what others have appended, decision by decision, and the one that was written last wins. A store out of reach delays the others, not this process.
 */
export class LocalDecisionsSync {
  readonly #options: LocalDecisionsSyncOptions;
  readonly #log: LocalDecisionLog;
  #saveJob: Disposable | undefined;
  #watchJob: Disposable | undefined;
  /** The last save: the next one waits for it, lest it meets its own lease. */
  #saving = Promise.resolve();
  /** A save waits for the last one: what is decided meanwhile goes along with it. */
  #isSaveQueued = false;
  /** Of whoever waits until what was decided is stored. */
  #waiting: (() => void)[] = [];
  /** One promise for all that the next save will store, however many thousands they are. */
  #nextSave: Promise<void> | undefined;
  #failed = false;
  #stopped = false;

  constructor(options: LocalDecisionsSyncOptions) {
    this.#options = options;
    this.#log = new LocalDecisionLog(options);
  }

  /** Takes over what is stored, and looks for changes from then on. May be called again after it failed. */
  async start(): Promise<void> {
    await this.#log.load();
    if (this.#options.store.shared && this.#watchJob === undefined) this.#watchLater();
  }

  /** Something was decided or lifted here: it is stored soon. Resolves when it is; never rejects. */
  save(): Promise<void> {
    if (!this.#stopped) this.#saveJob ??= this.#saveLater(SAVE_DELAY_MS);
    return (this.#nextSave ??= new Promise((resolve) => this.#waiting.push(resolve)));
  }

  /** Stores what is not stored yet and ends the jobs. */
  async stop(): Promise<void> {
    this.#stopped = true;
    this.#saveJob?.[Symbol.dispose]();
    this.#watchJob?.[Symbol.dispose]();
    await this.#saving;
    if (this.#waiting.length > 0) await this.#save();
  }

  #saveLater(delayMs: number): Disposable {
    return this.#options.scheduler.schedule('crowdsec:local-decisions', delayMs, async () => {
      this.#saveJob = undefined;
      if (this.#isSaveQueued) return;
      this.#isSaveQueued = true;
      await (this.#saving = this.#saving.then(() => {
        this.#isSaveQueued = false;
        return this.#save();
      }));
    });
  }

  async #save(): Promise<void> {
    const { store, logger } = this.#options;
    const waiting = this.#waiting.splice(0);
    this.#nextSave = undefined;
    try {
      const lease = await store.lease('local-decisions', LEASE_TTL_MS);
      if (lease === undefined) throw new Error('another process is writing them');
      try {
        await this.#log.append(lease);
      } finally {
        await lease.release().catch(() => undefined);
      }
      this.#failed = false;
      for (const resolve of waiting) resolve();
    } catch (error) {
      if (!this.#failed)
        logger.warn(`Local decisions hold in this process and could not be stored yet: ${messageOf(error)}`, {
          code: 'LOCAL_DECISIONS_NOT_STORED',
          error,
        });
      this.#failed = true;
      this.#waiting.unshift(...waiting);
      if (!this.#stopped) this.#saveJob ??= this.#saveLater(RETRY_MS);
    }
  }

  #watchLater(): void {
    this.#watchJob = this.#options.scheduler.schedule('crowdsec:local-decisions-watch', WATCH_MS, async () => {
      // What the store's silence means, others say.
      await this.#log.load().catch(() => undefined);
      // The store has lost what was stored: it goes back.
      if (!this.#stopped && this.#options.local.hasUnstored) this.#saveJob ??= this.#saveLater(SAVE_DELAY_MS);
      if (!this.#stopped) this.#watchLater();
    });
  }
}
