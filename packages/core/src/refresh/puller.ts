import type { Clock } from '../clock.js';
import { asError, CrowdsecError, isCrowdsecError } from '../errors.js';
import type { Logger } from '../logger.js';
import { renewFor } from '../store/renew-for.js';
import type { Lease, Store } from '../store/store.js';
import type { CapiOutcomes } from './capi-outcomes.js';
import type { HeldDecisions } from './held-decisions.js';
import type { AdoptedAnswer, NetworkSources, Save } from './network-sources.js';
import { MAX_INTERVAL_MS } from './pull-budget.js';
import type { PullBudgetRecord } from './pull-budget-record.js';
import { REFRESH_LEASE_MS } from './refresh-lease.js';
import type { RefreshListener, RefreshResult } from './refresh-result.js';
import type { Saver } from './saver.js';

export interface PullerOptions {
  readonly store: Store;
  readonly held: HeldDecisions;
  readonly budget: PullBudgetRecord;
  readonly network: NetworkSources;
  readonly saver: Saver;
  readonly outcomes: CapiOutcomes;
  readonly listener: RefreshListener;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Aborted when the agent stops. */
  readonly signal: AbortSignal;
}

/** Pulls once, under a lease that somebody holds, within the budget. */
export class Puller {
  readonly #options: PullerOptions;

  constructor(options: PullerOptions) {
    this.#options = options;
  }

  /** What is held is older than a day, or was never pulled. */
  get isStale(): boolean {
    const { held, clock } = this.#options;
    return held.pulledAt === undefined || clock.now() - held.pulledAt > MAX_INTERVAL_MS;
  }

  /** Pulls, if the budget allows, and asks the other sources of the network. */
  async pull(lease: Lease): Promise<RefreshResult> {
    const { held, budget, network, saver } = this.#options;
    await this.#loadStored().catch(() => undefined);
    await budget.load();
    // What an earlier pull brought is written before the next one may leave.
    if (saver.hasUnsaved) await saver.write(lease);
    const permission = budget.permission(held.lastPullAt);
    if (!permission.granted) {
      return { status: 'skipped', reason: permission.reason, nextAt: budget.clock.wallTimeOf(permission.nextAt) };
    }
    const save = (): Promise<void> => saver.save(lease);
    let others: Promise<void> | undefined;
    const pullContributed = (): Promise<void> => (others ??= network.pullContributed(save));
    try {
      return await this.#pullCapi(lease, { save, answered: () => void pullContributed() });
    } finally {
      await pullContributed();
    }
  }

  async #pullCapi(lease: Lease, { save, answered }: { save: Save; answered: () => void }): Promise<RefreshResult> {
    const { clock, budget, network, signal, outcomes } = this.#options;
    const now = clock.now();
    const startup = this.isStale || budget.isUnfinished;
    await budget.attempt(lease, now);
    try {
      const answer = await network.pullCapi({
        startup,
        now,
        save,
        beforeCall: () => confirmPull(lease, clock),
        answered: () => {
          budget.answered(now);
          outcomes.answered();
          answered();
        },
      });
      return this.#tell(answer);
    } catch (error) {
      if (signal.aborted || isCrowdsecError(error, 'CROWDSEC_LEASE_BUSY')) throw error;
      await this.#failed(lease, error, now);
      throw error;
    }
  }

  async #failed(lease: Lease, error: unknown, now: number): Promise<void> {
    const { held, listener, logger, budget, outcomes } = this.#options;
    const { nextAt: possibleAt = 0, retryAfterMs = 0 } = isCrowdsecError(error) ? error : {};
    const nextAt = Math.max(now + Math.max(budget.waitMs, retryAfterMs), possibleAt);
    outcomes.failed(error, nextAt);
    await budget.failed(lease, { askedMs: retryAfterMs, failure: outcomes.failure });
    if (this.isStale && held.pulledAt !== undefined)
      logger.warn('The decisions are older than a day.', { code: 'DECISIONS_STALE' });
    listener.failed({ network: 'capi', error: asError(error), nextAt });
  }

  /** Asks again for the lists that failed, and for sources that failed. */
  async retryLists(lease: Lease): Promise<RefreshResult> {
    const { network, saver } = this.#options;
    await this.#loadStored();
    const answer = await network.retry(() => saver.save(lease));
    // Another process may have read them by now.
    if (answer === undefined) return { status: 'skipped', reason: 'backoff', nextAt: this.#options.clock.now() };
    return this.#tell(answer);
  }

  #tell(answer: AdoptedAnswer): RefreshResult {
    const refreshed = { status: 'refreshed', network: 'capi', ...answer } as const;
    this.#options.listener.refreshed(refreshed);
    return refreshed;
  }

  /** Puts to use what the store holds, if it is not what we hold. */
  async #loadStored(): Promise<void> {
    const { held, store } = this.#options;
    await held.load(await store.blobVersion('decisions'));
  }
}

/** @throws CrowdsecError `CROWDSEC_LEASE_BUSY` when this process was held up for so long that another one may pull by now */
async function confirmPull(lease: Lease, clock: Clock): Promise<void> {
  if (await renewFor(lease, { clock, ttlMs: REFRESH_LEASE_MS, neededMs: REFRESH_LEASE_MS / 2 })) return;
  throw new CrowdsecError('CROWDSEC_LEASE_BUSY', 'This process was held up, and another one may pull by now.');
}
