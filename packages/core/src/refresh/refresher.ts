import type { Clock } from '../clock.js';
import { isCrowdsecError } from '../errors.js';
import type { Logger } from '../logger.js';
import type { RemediationEngine } from '../remediation/remediation-engine.js';
import type { Scheduler } from '../scheduler.js';
import type { DecisionSource, ListReport } from '../sources/decision-source.js';
import type { MeasurePull } from '../measure-pull.js';
import type { Lease, Store } from '../store/store.js';
import { CapiOutcomes } from './capi-outcomes.js';
import { ContributedSources } from './contributed-sources.js';
import { HeldDecisions } from './held-decisions.js';
import { Jobs } from './jobs.js';
import { LocalSources } from './local-sources.js';
import { NetworkSources } from './network-sources.js';
import { MIN_INTERVAL_MS, type CapiPullFailure } from './pull-budget.js';
import { Puller } from './puller.js';
import { PullBudgetRecord } from './pull-budget-record.js';
import { RefreshLease } from './refresh-lease.js';
import type { RefreshListener, RefreshResult, WaitingList } from './refresh-result.js';
import { Saver } from './saver.js';
import { WITHOUT_CAPI } from './without-capi.js';
import { checkSources, isLocal } from './source-feeds.js';

/** How soon other processes notice what one of them pulled, and how often the wall clock is looked at. */
const WATCH_MS = 5_000;
/** A list that failed is asked for again after this time, alone. */
const LIST_RETRY_MS = 15 * 60_000;
/** Pulls are spread by this share of the interval, so that not all of the world asks at once. */
const JITTER = 0.1;
const BUSY_RETRY_MS = 30_000;

export interface RefresherOptions {
  readonly store: Store;
  /** CAPI: the budget, and the age of what is held, are those of its pulls. `undefined` for an agent that does not speak to it. */
  readonly capi: DecisionSource | undefined;
  /**
   * The others. Those of the network are asked together with CAPI, or at the same pace without it; those with `everyMs` by each process
   * itself.
   */
  readonly sources: readonly DecisionSource[];
  /** Decisions of another network are held beside these: until one of the two has come, what is held is partial. */
  readonly hasOtherNetwork?: boolean;
  readonly engine: RemediationEngine;
  readonly clock: Clock;
  readonly scheduler: Scheduler;
  readonly logger: Logger;
  readonly intervalMs: number;
  readonly fetch: typeof globalThis.fetch;
  readonly listener: RefreshListener;
  /** Measures pulls of the sources beside CAPI. */
  readonly measurePull?: MeasurePull | undefined;
  readonly random?: () => number;
}

/**
 * Keeps the decisions fresh: one pull at a time over all processes, stored with its moment in one write, then put to use in one swap.
 * What one process pulled, the others load from the store.
 */
export class Refresher {
  readonly #options: RefresherOptions;
  readonly #random: () => number;
  readonly #budget: PullBudgetRecord;
  readonly #held: HeldDecisions;
  readonly #contributed: ContributedSources;
  readonly #network: NetworkSources;
  readonly #local: LocalSources;
  readonly #jobs: Jobs;
  readonly #lease: RefreshLease;
  readonly #saver: Saver;
  readonly #puller: Puller;
  readonly #outcomes: CapiOutcomes;
  readonly #abort = new AbortController();
  /** There is something that one process asks for all. */
  readonly #asksNetwork: boolean;
  #flight: Promise<RefreshResult> | undefined;
  /** Moments of the budget's clock. */
  #nextPullAt: number | undefined;
  #nextListRetryAt: number | undefined;
  #isReady = false;

  /** @throws CrowdsecError `CROWDSEC_OPTION_INVALID` for sources that share a name or could speak for each other */
  constructor(options: RefresherOptions) {
    const capi = options.capi ?? WITHOUT_CAPI;
    const sources = [capi, ...options.sources];
    checkSources(sources);
    this.#options = options;
    this.#random = options.random ?? Math.random;
    this.#budget = new PullBudgetRecord({ ...options, random: this.#random });
    const { signal } = this.#abort;
    const others = options.sources.filter((source) => !isLocal(source));
    this.#asksNetwork = options.capi !== undefined || others.length > 0;
    const expectsNetwork = this.#asksNetwork || options.hasOtherNetwork === true;
    const held = (this.#held = new HeldDecisions({ ...options, sources, expectsNetwork }));
    const contributed = (this.#contributed = new ContributedSources({ ...options, held, signal }));
    this.#network = new NetworkSources({ ...options, capi, others, contributed, held, signal });
    this.#local = new LocalSources({ ...options, sources: options.sources.filter(isLocal), contributed, held });
    this.#jobs = new Jobs(options);
    this.#lease = new RefreshLease(options);
    this.#saver = new Saver({ ...options, held, budget: this.#budget, lease: this.#lease, jobs: this.#jobs });
    this.#outcomes = new CapiOutcomes(options);
    const parts = { held, budget: this.#budget, network: this.#network, saver: this.#saver, outcomes: this.#outcomes };
    this.#puller = new Puller({ ...options, ...parts, signal });
  }

  /** When CAPI was pulled for what is held; `undefined` before the first time, whatever other sources brought. */
  get pulledAt(): number | undefined {
    return this.#held.pulledAt;
  }

  /** When the next pull is due, in ms since the epoch. */
  get nextPullAt(): number | undefined {
    return this.#nextPullAt === undefined ? undefined : this.#budget.clock.wallTimeOf(this.#nextPullAt);
  }

  /** Why the last pull from CAPI failed, as far as this process knows; `undefined` when it did not. */
  get failure(): CapiPullFailure | undefined {
    return this.#outcomes.failure ?? this.#budget.failure;
  }

  /** The linked lists that could not be read, and what each waits for. */
  get waitingLists(): readonly WaitingList[] {
    const { clock } = this.#budget;
    return this.#network.failedLists.map(({ name, kind }) => ({
      name,
      kind,
      ...(this.#nextListRetryAt === undefined ? {} : { retryAt: clock.wallTimeOf(this.#nextListRetryAt) }),
      ...(this.nextPullAt === undefined ? {} : { freshLinkAt: this.nextPullAt }),
    }));
  }

  /** What became of each list, of contributed sources too, when this process last asked for it. */
  get lists(): readonly ListReport[] {
    return [...this.#network.lists, ...this.#contributed.reports];
  }

  /** Older than a day, or never pulled. */
  get isStale(): boolean {
    return this.#asksNetwork && this.#puller.isStale;
  }

  /**
   * Puts the stored decisions to use, asks the sources of this process, and plans the next pull. May be called again
   * after it failed.
   *
   * @throws CrowdsecError `CROWDSEC_STORE_UNAVAILABLE`
   */
  async start(): Promise<void> {
    const local = this.#local.start();
    try {
      await this.#startFromStore();
    } finally {
      await local;
    }
  }

  async #startFromStore(): Promise<void> {
    if (!this.#asksNetwork) return;
    await this.#loadStored();
    if (this.#abort.signal.aborted) return;
    await this.#budget.load();
    if (this.#saver.hasUnsaved) this.#saver.plan(0);
    this.#planPull();
    this.#planListRetry();
    this.#planWatch();
  }

  /** Ends the jobs; a pull on its way is broken off. */
  async stop(): Promise<void> {
    this.#abort.abort();
    this.#jobs.stop();
    this.#local.stop();
    await this.#flight?.catch(() => undefined);
    if (this.#saver.hasUnsaved) await this.#saver.saveAlone().catch(() => undefined);
  }

  /** Pulls, if the budget allows. Calls that meet share one pull. */
  refresh(): Promise<RefreshResult> {
    if (!this.#asksNetwork) return Promise.resolve({ status: 'skipped', reason: 'no-network', nextAt: Infinity });
    this.#flight ??= this.#pullOnce().finally(() => {
      this.#flight = undefined;
    });
    return this.#flight;
  }

  /** Runs what is due: for hosts whose timers do not run between calls. */
  async refreshIfDue(): Promise<void> {
    const { clock } = this.#budget;
    if (this.#asksNetwork && clock.followWallClock({ immediately: true })) this.#planPull();
    const local = this.#local.askDue();
    if ((this.#nextPullAt ?? Infinity) <= clock.now()) await this.refresh();
    await local;
  }

  async #pullOnce(): Promise<RefreshResult> {
    try {
      const result = await this.#underLease((lease) => this.#puller.pull(lease));
      this.#planPull(result.status === 'skipped' ? BUSY_RETRY_MS : 0);
      if (result.status === 'refreshed') this.#planListRetry();
      return result;
    } catch (error) {
      const possibleAt = isCrowdsecError(error) ? (error.nextAt ?? 0) : 0;
      this.#planPull(Math.max(BUSY_RETRY_MS, possibleAt - this.#options.clock.now()));
      this.#planListRetry();
      throw error;
    }
  }

  async #underLease(work: (lease: Lease) => Promise<RefreshResult>): Promise<RefreshResult> {
    const result = await this.#lease.holdThroughout(work);
    return result ?? { status: 'skipped', reason: 'busy', nextAt: this.#options.clock.now() + BUSY_RETRY_MS };
  }

  #planListRetry(delayMs = LIST_RETRY_MS): void {
    this.#nextListRetryAt = undefined;
    if (!this.#network.hasFailed) return;
    const retry = async (): Promise<void> => {
      try {
        // A pull brings fresh links: those of the last one may have run out.
        if (this.#budget.permission(this.#held.lastPullAt).granted) await this.refresh();
        else await this.#underLease((lease) => this.#puller.retryLists(lease));
      } finally {
        this.#planListRetry();
        this.#planPull();
      }
    };
    this.#nextListRetryAt = this.#budget.clock.now() + delayMs;
    this.#jobs.plan('lists', delayMs, retry, 'Lists that failed could not be read again');
  }

  /** Puts to use what the store holds, if it is not what we hold. */
  async #loadStored(): Promise<void> {
    await this.#held.load(await this.#options.store.blobVersion('decisions'));
  }

  async #watch(): Promise<void> {
    try {
      if (this.#budget.clock.followWallClock()) this.#catchUp();
      if (this.#options.store.shared) await this.#watchStore();
    } finally {
      this.#planWatch();
    }
  }

  /** The machine has slept: timers did not notice, so all that is due by the wall clock is planned anew. */
  #catchUp(): void {
    this.#planPull();
    this.#planListRetry(0);
    void this.#local.askDue();
  }

  async #watchStore(): Promise<void> {
    const { store } = this.#options;
    const before = this.#held.version;
    const version = await store.blobVersion('decisions');
    await this.#held.load(version);
    // What is new was read, and may have been found to be damaged.
    const isLost =
      version === undefined || (version !== before && (await store.blobVersion('decisions')) === undefined);
    if (isLost && this.#held.isLoaded) await this.#putBack();
    if (this.#held.version === before) return;
    this.#outcomes.answered();
    this.#planPull();
  }

  #planWatch(): void {
    this.#jobs.plan('watch', WATCH_MS, () => this.#watch(), 'The store could not be asked for new decisions');
  }

  /** The store was emptied or damaged: what it held goes back, lest whoever starts now pulls before the time. */
  async #putBack(): Promise<void> {
    const isBack = await this.#lease.hold(async (lease) => {
      await this.#held.putBack(lease);
      return true;
    });
    if (isBack) await this.#options.listener.storeEmptied();
  }

  /**
   * The next pull: an interval after the last one, spread a little, or as soon as the budget allows when lists wait for
   * fresh links; after failures when the backoff is over.
   */
  #planPull(atLeastMs = 0): void {
    const { intervalMs } = this.#options;
    const now = this.#budget.clock.now();
    const { pulledAt } = this.#held;
    const afterMs = this.#network.failedLists.length > 0 ? Math.min(MIN_INTERVAL_MS, intervalMs) : intervalMs;
    const spread = 1 + JITTER * this.#random();
    const wantedAt = pulledAt === undefined ? now : this.#budget.clock.momentOf(pulledAt) + afterMs * spread;
    const permission = this.#budget.permission(this.#held.lastPullAt);
    this.#nextPullAt = Math.round(Math.max(now + atLeastMs, wantedAt, permission.granted ? now : permission.nextAt));
    const failure = 'Decisions could not be refreshed, those that are held stay in use';
    const run = async (): Promise<void> =>
      void (await this.refresh().catch((error: unknown) => this.#outcomes.rethrowUnlessReported(error)));
    this.#jobs.plan('refresh', this.#nextPullAt - now, run, failure);
    if (this.#isReady || pulledAt === undefined) return;
    this.#isReady = true;
    this.#options.listener.ready?.({ decisions: this.#held.count });
  }
}
