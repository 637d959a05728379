import { notInFuture, type Clock } from '../clock.js';
import { DecisionIndex } from '../decisions/decision-index.js';
import { isCrowdsecError, messageOf } from '../errors.js';
import type { Logger } from '../logger.js';
import type { RemediationEngine } from '../remediation/remediation-engine.js';
import type { Scheduler } from '../scheduler.js';
import type { DecisionSource, ListReport, PullContext, PullResult, SourceState } from '../sources/decision-source.js';
import type { Lease, Store } from '../store/store.js';
import { LONGEST_INTERVAL_MS, NO_FAILURES, pullGate, pullRecordSchema, tried, type PullRecord } from './pull-budget.js';
import type { RefreshResult } from './refresh-result.js';
import { fromBlob, toBlob, type Snapshot } from './snapshot.js';

/** Held during a pull and prolonged while it lasts, so that a process that dies holds the others up for seconds. */
const LEASE_TTL_MS = 20_000;
const LEASE_RENEWAL_MS = 5_000;
/** How soon other processes notice what one of them pulled. */
const WATCH_MS = 5_000;
/** A list that failed is asked for again after this time, alone. */
const LIST_RETRY_MS = 15 * 60_000;
/** Pulls are spread by this share of the interval, so that not all of the world asks at once. */
const JITTER = 0.1;
const BUSY_RETRY_MS = 30_000;

export interface RefresherOptions {
  readonly store: Store;
  readonly source: DecisionSource;
  readonly engine: RemediationEngine;
  readonly clock: Clock;
  readonly scheduler: Scheduler;
  readonly logger: Logger;
  readonly intervalMs: number;
  readonly fetch: typeof globalThis.fetch;
  readonly listener: {
    refreshed(result: Extract<RefreshResult, { status: 'refreshed' }>): void;
    failed(details: { error: Error; nextAt: number }): void;
  };
  readonly random?: () => number;
}

/**
 * Keeps the decisions fresh: one pull at a time over all processes, stored with its moment in one write, then put to use in one swap.
 * What one process pulled, the others load from the store.
 */
export class Refresher {
  readonly #options: RefresherOptions;
  readonly #random: () => number;
  #held: Snapshot | undefined;
  #version: string | undefined;
  #record: PullRecord = NO_FAILURES;
  #lists: readonly ListReport[] = [];
  #flight: Promise<RefreshResult> | undefined;
  readonly #jobs = new Map<string, Disposable>();
  #nextPullAt: number | undefined;
  readonly #abort = new AbortController();
  /** What each job last failed with: the same is not said again. */
  readonly #said = new Map<string, string>();

  constructor(options: RefresherOptions) {
    this.#options = options;
    this.#random = options.random ?? Math.random;
  }

  get pulledAt(): number | undefined {
    return this.#held?.pulledAt;
  }

  get nextPullAt(): number | undefined {
    return this.#nextPullAt;
  }

  /** What became of each list when this process last asked for it. */
  get lists(): readonly ListReport[] {
    return this.#lists;
  }

  /** Older than a day, or never pulled. */
  get isStale(): boolean {
    return this.#held === undefined || this.#options.clock.now() - this.#held.pulledAt > LONGEST_INTERVAL_MS;
  }

  /**
   * Puts the stored decisions to use and plans the next pull. May be called again after it failed.
   *
   * @throws CrowdsecError `CROWDSEC_STORE_UNAVAILABLE`
   */
  async start(): Promise<void> {
    const { store, logger } = this.#options;
    const version = await store.blobVersion('decisions');
    await this.#load(version).catch((error: unknown) => {
      logger.warn(`The stored decisions can't be used and are pulled anew: ${messageOf(error)}`);
    });
    if (this.#abort.signal.aborted) return;
    await this.#loadRecord();
    this.#planPull();
    this.#planListRetry();
    if (store.shared) this.#plan('watch', WATCH_MS, () => this.#watch());
  }

  /** Ends the jobs; a pull on its way is broken off. */
  async stop(): Promise<void> {
    this.#abort.abort();
    for (const job of this.#jobs.values()) job[Symbol.dispose]();
    this.#jobs.clear();
    await this.#flight?.catch(() => undefined);
  }

  /** Pulls, if the budget allows. Calls that meet share one pull. */
  refresh(): Promise<RefreshResult> {
    this.#flight ??= this.#pullOnce().finally(() => {
      this.#flight = undefined;
    });
    return this.#flight;
  }

  /** Runs the pull if it is due: for hosts whose timers do not run between calls. */
  async refreshIfDue(): Promise<void> {
    if ((this.#nextPullAt ?? Infinity) <= this.#options.clock.now()) await this.refresh();
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
    const { store, clock } = this.#options;
    const lease = await store.lease('refresh', LEASE_TTL_MS);
    if (lease === undefined) return { status: 'skipped', reason: 'busy', nextAt: clock.now() + BUSY_RETRY_MS };
    this.#keepAlive(lease);
    try {
      return await work(lease);
    } finally {
      this.#cancel('lease');
      await lease.release().catch(() => undefined);
    }
  }

  async #pull(lease: Lease): Promise<RefreshResult> {
    const { clock, listener, logger } = this.#options;
    await this.#loadStored().catch(() => undefined);
    await this.#loadRecord();
    const now = clock.now();
    const gate = pullGate({ pulledAt: this.#held?.pulledAt, record: this.#record, now });
    if (!gate.open) return { status: 'skipped', reason: gate.reason, nextAt: gate.nextAt };

    const unfinished = this.#record.failures > 0;
    this.#record = tried(this.#record, now, this.#random());
    await lease.put('refresh', { ...this.#record });
    try {
      const result = await this.#options.source.pull(this.#context({ startup: this.isStale || unfinished }));
      await this.#adopt(lease, result, now);
      this.#record = NO_FAILURES;
      await lease.put('refresh', { ...NO_FAILURES });
      const { added, deleted, skipped } = result.delta;
      const refreshed = { status: 'refreshed', new: added, deleted, skipped, lists: result.lists } as const;
      listener.refreshed(refreshed);
      return refreshed;
    } catch (error) {
      if (this.#abort.signal.aborted) throw error;
      const nextAt = Math.max(now + this.#record.waitMs, isCrowdsecError(error) ? (error.nextAt ?? 0) : 0);
      if (this.isStale && this.#held !== undefined) logger.warn('The decisions are older than a day.');
      listener.failed({ error: error instanceof Error ? error : new Error(messageOf(error)), nextAt });
      throw error;
    }
  }

  /** Asks again for the lists that failed. The stream's own budget is not touched. */
  async #retryLists(lease: Lease): Promise<RefreshResult> {
    const { source, clock, listener } = this.#options;
    await this.#loadStored();
    const held = this.#held;
    // Another process may have read them by now.
    if (held === undefined || source.retryLists === undefined || !this.#hasFailedLists) {
      return { status: 'skipped', reason: 'backoff', nextAt: clock.now() };
    }
    const asked = this.#lists;
    const result = await source.retryLists(this.#context({ startup: false }));
    await this.#adopt(lease, result, held.pulledAt);
    const isAskedAgain = (list: ListReport): boolean => result.lists.some(({ kind, name }) => kind === list.kind && name === list.name);
    this.#lists = [...asked.filter((list) => !isAskedAgain(list)), ...result.lists];
    const { added, deleted, skipped } = result.delta;
    const refreshed = { status: 'refreshed', new: added, deleted, skipped, lists: result.lists } as const;
    listener.refreshed(refreshed);
    return refreshed;
  }

  /** Builds the next index beside the old one, stores it, then swaps. */
  async #adopt(lease: Lease, result: PullResult, pulledAt: number): Promise<void> {
    const { engine, store, clock } = this.#options;
    const index = await (this.#held?.index ?? DecisionIndex.empty).apply(result.delta, { now: clock.now() });
    const snapshot = { index, pulledAt, sourceState: result.state };
    await lease.putBlob('decisions', toBlob(snapshot));
    this.#version = await store.blobVersion('decisions');
    this.#held = snapshot;
    engine.swap(index);
    this.#lists = result.lists;
    this.#planListRetry();
  }

  get #hasFailedLists(): boolean {
    return Object.values(this.#held?.sourceState ?? {}).some(({ failed }) => failed);
  }

  #planListRetry(): void {
    if (!this.#hasFailedLists) return;
    this.#plan('lists', LIST_RETRY_MS, async () => {
      await this.#underLease((lease) => this.#retryLists(lease));
    });
  }

  #context({ startup }: { startup: boolean }): PullContext {
    const { clock, logger, fetch, intervalMs } = this.#options;
    const state: SourceState = this.#held?.sourceState ?? {};
    const index = this.#held?.index ?? DecisionIndex.empty;
    return { startup, index, state, nextRefreshInMs: intervalMs, clock, logger, fetch, signal: this.#abort.signal };
  }

  async #loadRecord(): Promise<void> {
    const record = pullRecordSchema.safeParse(await this.#options.store.get('refresh'));
    this.#record = record.success ? record.data : NO_FAILURES;
  }

  /** Puts to use what the store holds, if it is not what we hold. */
  async #loadStored(): Promise<void> {
    await this.#load(await this.#options.store.blobVersion('decisions'));
  }

  async #load(version: string | undefined): Promise<void> {
    const { store, engine, clock } = this.#options;
    if (version === undefined || version === this.#version) return;
    const blob = await store.getBlob('decisions');
    if (blob === undefined) return;
    const snapshot = await fromBlob(blob);
    this.#held = { ...snapshot, pulledAt: notInFuture(snapshot.pulledAt, clock.now()) };
    this.#version = version;
    engine.swap(snapshot.index);
  }

  async #watch(): Promise<void> {
    const before = this.#version;
    const version = await this.#options.store.blobVersion('decisions');
    if (version === undefined && this.#held !== undefined) await this.#putBack(this.#held);
    else await this.#load(version);
    if (this.#version !== before) this.#planPull();
    this.#plan('watch', WATCH_MS, () => this.#watch());
  }

  /** The store was emptied: what it held goes back, lest whoever starts now pulls before the time. */
  async #putBack(held: Snapshot): Promise<void> {
    const { store } = this.#options;
    const lease = await store.lease('refresh', LEASE_TTL_MS);
    if (lease === undefined) return;
    try {
      if ((await store.blobVersion('decisions')) !== undefined) return;
      await lease.putBlob('decisions', toBlob(held));
      this.#version = await store.blobVersion('decisions');
    } finally {
      await lease.release().catch(() => undefined);
    }
  }

  /** The next pull: an interval after the last one, spread a little; after failures when the backoff is over. */
  #planPull(atLeastMs = 0): void {
    const { clock, intervalMs } = this.#options;
    const now = clock.now();
    const pulledAt = this.#held?.pulledAt;
    const spread = 1 + JITTER * this.#random();
    const wantedAt = pulledAt === undefined ? now : pulledAt + intervalMs * spread;
    const gate = pullGate({ pulledAt, record: this.#record, now });
    this.#nextPullAt = Math.round(Math.max(now + atLeastMs, wantedAt, gate.open ? now : gate.nextAt));
    this.#plan('refresh', this.#nextPullAt - now, async () => void (await this.refresh()));
  }

  #keepAlive(lease: Lease): void {
    this.#plan('lease', LEASE_RENEWAL_MS, async () => {
      if (await lease.renew(LEASE_TTL_MS)) this.#keepAlive(lease);
    });
  }

  /** One job of a name at a time. A job that fails says so; the next one is planned by whoever plans it. */
  #plan(name: string, delayMs: number, run: () => void | Promise<void>): void {
    this.#cancel(name);
    if (this.#abort.signal.aborted && name !== 'lease') return;
    const { scheduler, logger } = this.#options;
    const job = scheduler.schedule(`crowdsec:${name}`, delayMs, async () => {
      this.#jobs.delete(name);
      try {
        await run();
        this.#said.delete(name);
      } catch (error) {
        if (this.#abort.signal.aborted) return;
        const message = messageOf(error);
        if (this.#said.get(name) !== message) logger.warn(`${JOB_FAILED[name] ?? name}: ${message}`);
        this.#said.set(name, message);
        if (name === 'watch') this.#plan('watch', WATCH_MS, () => this.#watch());
      }
    });
    this.#jobs.set(name, job);
  }

  #cancel(name: string): void {
    this.#jobs.get(name)?.[Symbol.dispose]();
    this.#jobs.delete(name);
  }
}

const JOB_FAILED: Readonly<Record<string, string>> = {
  refresh: 'Decisions could not be refreshed, those that are held stay in use',
  lists: 'Lists that failed could not be read again',
  watch: 'The store could not be asked for new decisions',
};
