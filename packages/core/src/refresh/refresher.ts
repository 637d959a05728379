import type { Clock } from '../clock.js';
import { asError, isCrowdsecError, messageOf } from '../errors.js';
import type { Logger } from '../logger.js';
import type { RemediationEngine } from '../remediation/remediation-engine.js';
import type { Scheduler } from '../scheduler.js';
import type { DecisionSource, ListReport, PullResult } from '../sources/decision-source.js';
import type { Lease, Store } from '../store/store.js';
import { ContributedSources } from './contributed-sources.js';
import { HeldDecisions } from './held-decisions.js';
import { Jobs } from './jobs.js';
import { keepAlive } from '../store/keep-alive.js';
import { LocalSources } from './local-sources.js';
import { NetworkSources } from './network-sources.js';
import { LONGEST_INTERVAL_MS, NO_FAILURES, pullGate, pullRecordSchema, tried, type PullRecord } from './pull-budget.js';
import type { RefreshListener, RefreshResult } from './refresh-result.js';
import { checkSources, isLocal } from './source-feeds.js';

/** Held during a pull and prolonged while it lasts, so that a process that dies holds the others up for seconds. */
const LEASE_TTL_MS = 20_000;
/** How soon other processes notice what one of them pulled. */
const WATCH_MS = 5_000;
/** A list that failed is asked for again after this time, alone. */
const LIST_RETRY_MS = 15 * 60_000;
/** Pulls are spread by this share of the interval, so that not all of the world asks at once. */
const JITTER = 0.1;
const BUSY_RETRY_MS = 30_000;

export interface RefresherOptions {
  readonly store: Store;
  /**
   * CAPI first: the budget, and the age of what is held, are those of its pulls. Others of the network are asked
   * together with it; those with `everyMs` by each process itself.
   */
  readonly sources: readonly [DecisionSource, ...DecisionSource[]];
  readonly engine: RemediationEngine;
  readonly clock: Clock;
  readonly scheduler: Scheduler;
  readonly logger: Logger;
  readonly intervalMs: number;
  readonly fetch: typeof globalThis.fetch;
  readonly listener: RefreshListener;
  readonly random?: () => number;
}

/**
 * Keeps the decisions fresh: one pull at a time over all processes, stored with its moment in one write, then put to use in one swap.
 * What one process pulled, the others load from the store.
 */
export class Refresher {
  readonly #options: RefresherOptions;
  readonly #random: () => number;
  readonly #held: HeldDecisions;
  readonly #contributed: ContributedSources;
  readonly #network: NetworkSources;
  readonly #local: LocalSources;
  readonly #jobs: Jobs;
  readonly #abort = new AbortController();
  #record: PullRecord = NO_FAILURES;
  #flight: Promise<RefreshResult> | undefined;
  #nextPullAt: number | undefined;

  /** @throws CrowdsecError `CROWDSEC_OPTION_INVALID` for sources that share a name or could speak for each other */
  constructor(options: RefresherOptions) {
    checkSources(options.sources);
    this.#options = options;
    this.#random = options.random ?? Math.random;
    const { signal } = this.#abort;
    const [capi, ...rest] = options.sources;
    const held = (this.#held = new HeldDecisions(options));
    const contributed = (this.#contributed = new ContributedSources({ ...options, held, signal }));
    const others = rest.filter((source) => !isLocal(source));
    this.#network = new NetworkSources({ ...options, capi, others, contributed, held, signal });
    this.#local = new LocalSources({ ...options, sources: rest.filter(isLocal), contributed, held });
    this.#jobs = new Jobs(options);
  }

  /** When CAPI was pulled for what is held; `undefined` before the first time, whatever other sources brought. */
  get pulledAt(): number | undefined {
    return this.#held.pulledAt;
  }

  get nextPullAt(): number | undefined {
    return this.#nextPullAt;
  }

  /** What became of each list, of contributed sources too, when this process last asked for it. */
  get lists(): readonly ListReport[] {
    return [...this.#network.lists, ...this.#contributed.reports];
  }

  /** Older than a day, or never pulled. */
  get isStale(): boolean {
    const { pulledAt } = this.#held;
    return pulledAt === undefined || this.#options.clock.now() - pulledAt > LONGEST_INTERVAL_MS;
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
    const { store, logger } = this.#options;
    const version = await store.blobVersion('decisions');
    await this.#held.load(version).catch((error: unknown) => {
      logger.warn(`The stored decisions can't be used and are pulled anew: ${messageOf(error)}`);
    });
    if (this.#abort.signal.aborted) return;
    await this.#loadRecord();
    this.#planPull();
    this.#planListRetry();
    if (store.shared) this.#planWatch();
  }

  /** Ends the jobs; a pull on its way is broken off. */
  async stop(): Promise<void> {
    this.#abort.abort();
    this.#jobs.stop();
    this.#local.stop();
    await this.#flight?.catch(() => undefined);
  }

  /** Pulls, if the budget allows. Calls that meet share one pull. */
  refresh(): Promise<RefreshResult> {
    this.#flight ??= this.#pullOnce().finally(() => {
      this.#flight = undefined;
    });
    return this.#flight;
  }

  /** Runs what is due: for hosts whose timers do not run between calls. */
  async refreshIfDue(): Promise<void> {
    const local = this.#local.askDue();
    if ((this.#nextPullAt ?? Infinity) <= this.#options.clock.now()) await this.refresh();
    await local;
  }

  async #pullOnce(): Promise<RefreshResult> {
    try {
      const result = await this.#underLease((lease) => this.#pull(lease));
      this.#planPull(result.status === 'skipped' ? BUSY_RETRY_MS : 0);
      return result;
    } catch (error) {
      this.#planPull(BUSY_RETRY_MS);
      throw error;
    }
  }

  async #underLease(work: (lease: Lease) => Promise<RefreshResult>): Promise<RefreshResult> {
    const { store, clock, scheduler } = this.#options;
    const lease = await store.lease('refresh', LEASE_TTL_MS);
    if (lease === undefined) return { status: 'skipped', reason: 'busy', nextAt: clock.now() + BUSY_RETRY_MS };
    const alive = keepAlive(lease, LEASE_TTL_MS, scheduler);
    try {
      return await work(lease);
    } finally {
      alive[Symbol.dispose]();
      await lease.release().catch(() => undefined);
    }
  }

  async #pull(lease: Lease): Promise<RefreshResult> {
    await this.#loadStored().catch(() => undefined);
    await this.#loadRecord();
    const now = this.#options.clock.now();
    const gate = pullGate({ pulledAt: this.#held.pulledAt, record: this.#record, now });
    if (!gate.open) return { status: 'skipped', reason: gate.reason, nextAt: gate.nextAt };
    try {
      return await this.#pullCapi(lease, now);
    } finally {
      await this.#network.askOthers(lease);
      this.#planListRetry();
    }
  }

  async #pullCapi(lease: Lease, now: number): Promise<RefreshResult> {
    const { listener, logger } = this.#options;
    const unfinished = this.#record.failures > 0;
    this.#record = tried(this.#record, now, this.#random());
    await lease.put('refresh', { ...this.#record });
    try {
      const answer = await this.#network.pullCapi(lease, { startup: this.isStale || unfinished, now });
      this.#record = NO_FAILURES;
      await lease.put('refresh', { ...NO_FAILURES });
      return this.#tell(answer);
    } catch (error) {
      if (this.#abort.signal.aborted) throw error;
      const nextAt = Math.max(now + this.#record.waitMs, isCrowdsecError(error) ? (error.nextAt ?? 0) : 0);
      if (this.isStale && this.pulledAt !== undefined) logger.warn('The decisions are older than a day.');
      listener.failed({ error: asError(error), nextAt });
      throw error;
    }
  }

  /** Asks again for the lists that failed, and for sources that failed. */
  async #retryLists(lease: Lease): Promise<RefreshResult> {
    await this.#loadStored();
    const answer = await this.#network.retry(lease);
    // Another process may have read them by now.
    if (answer === undefined) return { status: 'skipped', reason: 'backoff', nextAt: this.#options.clock.now() };
    return this.#tell(answer);
  }

  #tell({ delta, lists }: PullResult): RefreshResult {
    const { added, deleted, skipped } = delta;
    const refreshed = { status: 'refreshed', new: added, deleted, skipped, lists } as const;
    this.#options.listener.refreshed(refreshed);
    return refreshed;
  }

  #planListRetry(): void {
    if (!this.#network.hasFailed) return;
    const retry = async (): Promise<void> => {
      try {
        await this.#underLease((lease) => this.#retryLists(lease));
      } finally {
        this.#planListRetry();
      }
    };
    this.#jobs.plan('lists', LIST_RETRY_MS, retry, 'Lists that failed could not be read again');
  }

  async #loadRecord(): Promise<void> {
    const record = pullRecordSchema.safeParse(await this.#options.store.get('refresh'));
    this.#record = record.success ? record.data : NO_FAILURES;
  }

  /** Puts to use what the store holds, if it is not what we hold. */
  async #loadStored(): Promise<void> {
    await this.#held.load(await this.#options.store.blobVersion('decisions'));
  }

  async #watch(): Promise<void> {
    try {
      const before = this.#held.version;
      const version = await this.#options.store.blobVersion('decisions');
      if (version === undefined && this.#held.isLoaded) await this.#putBack();
      else await this.#held.load(version);
      if (this.#held.version !== before) this.#planPull();
    } finally {
      this.#planWatch();
    }
  }

  #planWatch(): void {
    this.#jobs.plan('watch', WATCH_MS, () => this.#watch(), 'The store could not be asked for new decisions');
  }

  /** The store was emptied: what it held goes back, lest whoever starts now pulls before the time. */
  async #putBack(): Promise<void> {
    const lease = await this.#options.store.lease('refresh', LEASE_TTL_MS);
    if (lease === undefined) return;
    try {
      await this.#held.putBack(lease);
    } finally {
      await lease.release().catch(() => undefined);
    }
    await this.#options.listener.storeEmptied();
  }

  /** The next pull: an interval after the last one, spread a little; after failures when the backoff is over. */
  #planPull(atLeastMs = 0): void {
    const { clock, intervalMs } = this.#options;
    const now = clock.now();
    const { pulledAt } = this.#held;
    const spread = 1 + JITTER * this.#random();
    const wantedAt = pulledAt === undefined ? now : pulledAt + intervalMs * spread;
    const gate = pullGate({ pulledAt, record: this.#record, now });
    this.#nextPullAt = Math.round(Math.max(now + atLeastMs, wantedAt, gate.open ? now : gate.nextAt));
    const failure = 'Decisions could not be refreshed, those that are held stay in use';
    this.#jobs.plan('refresh', this.#nextPullAt - now, async () => void (await this.refresh()), failure);
  }
}
