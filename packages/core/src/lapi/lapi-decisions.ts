import type { Clock } from '../clock.js';
import { asError, CrowdsecError, isCrowdsecError, messageOf } from '../errors.js';
import type { Logger } from '../logger.js';
import type { RefreshListener, RefreshResult } from '../refresh/refresh-result.js';
import type { RemediationEngine } from '../remediation/remediation-engine.js';
import type { Scheduler } from '../scheduler.js';
import { unmeasuredPull, type MeasurePull } from '../measure-pull.js';
import type { Lease, Store } from '../store/store.js';
import { abortTogether } from './abort-together.js';
import { wasClosed } from './closed-connection.js';
import { DecisionLedger } from './decision-ledger.js';
import { DecisionLog } from './decision-log.js';
import { DoubtedAnswers } from './doubted-answers.js';
import { HeldLapiDecisions } from './held-lapi-decisions.js';
import { Leadership } from './leadership.js';
import { PullOutcomes } from './pull-outcomes.js';
import { PullPace } from './pull-pace.js';
import type { StreamAnswer } from './stream-answer.js';
import { StreamClient, type StreamFilter, type StreamTimeouts } from './stream-client.js';
import type { LapiTransport } from './transport.js';
import type { LapiDecisionsHealth } from './decisions-health.js';
import { lapiIdentity } from './lapi-identity.js';

/** How soon a process that does not pull notices what the one that does has written, and whether that one is gone. */
const WATCH_MS = 2_000;
/** After so many failures in a row another host may try: it may reach LAPI. */
const FAILURES_TO_YIELD = 3;
const YIELD_MS = 15_000;

export interface LapiDecisionsOptions {
  readonly transport: LapiTransport;
  /** What LAPI knows us by, the key or the certificate: one cursor for each. Only a hash of it is stored. */
  readonly credential: string;
  /** LAPI is shown a client certificate in place of a key. */
  readonly hasCertificate?: boolean;
  readonly filter: StreamFilter;
  readonly intervalMs: number;
  readonly store: Store;
  readonly engine: Pick<RemediationEngine, 'swapLayer'>;
  readonly clock: Clock;
  readonly scheduler: Scheduler;
  readonly logger: Logger;
  readonly measurePull?: MeasurePull | undefined;
  readonly listener: Pick<RefreshListener, 'refreshed' | 'failed' | 'ready'>;
  readonly timeouts?: StreamTimeouts | undefined;
  /** How large an answer may be, in bytes. */
  readonly maxBytes?: number | undefined;
  readonly random?: (() => number) | undefined;
}

/**
 * Keeps the decisions of a local API current. LAPI tells each change once, by a cursor of its own for each key and address, so one process
 * of all that share a store asks it, and the others read from the store what that one was told. Whatever is uncertain about the cursor is
 * mended by asking for everything.
 */
export class LapiDecisions {
  readonly #options: LapiDecisionsOptions;
  readonly #client: StreamClient;
  readonly #held: HeldLapiDecisions;
  readonly #pace: PullPace;
  readonly #leadership: Leadership;
  readonly #outcomes: PullOutcomes;
  readonly #doubts: DoubtedAnswers;
  readonly #ledger: DecisionLedger | undefined;
  readonly #abort = new AbortController();
  #flight: Promise<RefreshResult> | undefined;
  #job: Disposable | undefined;
  #isStarted = false;
  #isReady = false;
  #storeFailure: string | undefined;
  /** Until then another process may take the lease, by monotonic time. */
  #yieldUntil = -Infinity;

  constructor(options: LapiDecisionsOptions) {
    const { store, clock, logger, transport, credential, filter, random = Math.random } = options;
    this.#options = options;
    this.#client = new StreamClient(options);
    this.#ledger = this.#client.isFiltered ? new DecisionLedger() : undefined;
    const identity = lapiIdentity({ url: transport.name, credential, filter });
    this.#held = new HeldLapiDecisions({ ...options, log: new DecisionLog({ store, network: identity.decisions }) });
    this.#pace = new PullPace({ ...options, random });
    this.#leadership = new Leadership({ ...options, name: identity.lease, lost: () => this.#plan(0) });
    this.#doubts = new DoubtedAnswers(clock);
    const { hasCertificate = false } = options;
    this.#outcomes = new PullOutcomes({
      store,
      clock,
      logger,
      url: transport.name,
      hasCertificate,
      network: identity.decisions,
    });
  }

  /** The state as data; asking for it calls nobody. */
  get health(): LapiDecisionsHealth {
    const { intervalMs } = this.#options;
    const role = this.#leadership.lease === undefined ? 'follower' : 'puller';
    return this.#outcomes.health({ role, count: this.#held.size, loaded: this.#held.isLoaded, intervalMs });
  }

  /**
   * Puts to use what is stored, and begins to pull, or to follow the process that does. It does not wait for LAPI. May be called again after
   * it failed.
   *
   * @throws CrowdsecError `CROWDSEC_STORE_UNAVAILABLE`
   */
  async start(): Promise<void> {
    await this.#held.load();
    if (this.#isStarted || this.#abort.signal.aborted) return;
    this.#isStarted = true;
    this.#plan(0);
  }

  /** Breaks off a pull that is on its way, ends the jobs and lets another process pull. Never rejects. */
  async stop(): Promise<void> {
    this.#abort.abort(new CrowdsecError('CROWDSEC_STOPPED', 'The agent was stopped.'));
    this.#job?.[Symbol.dispose]();
    await this.#flight?.catch(() => undefined);
    await this.#leadership.release();
  }

  /**
   * Pulls now, or takes over what another process has pulled. Calls that meet share one pull.
   *
   * @throws CrowdsecError when LAPI was asked and did not answer as it should; what was held stays in use
   */
  async refresh(): Promise<RefreshResult> {
    if (await this.#lead()) return this.#pull();
    await this.#follow();
    return { status: 'skipped', reason: 'busy', nextAt: this.#options.clock.now() + WATCH_MS };
  }

  /** Pulls if that is due: for hosts whose timers do not run between calls. Takes the lease for this one pull, unless it is held. */
  async runDue(): Promise<void> {
    if (this.#leadership.lease !== undefined) {
      if (this.#pace.waitMs === 0) await this.#pull();
      return;
    }
    if (!(await this.#lead())) return this.#follow();
    try {
      await this.#outcomes.readReport();
      this.#pace.pulledElsewhere(this.#outcomes.sincePullMs);
      if (this.#pace.waitMs === 0) await this.#pull();
    } finally {
      await this.#leadership.release();
    }
  }

  /** Becomes the process that pulls, or is it; false when another one is. */
  async #lead(): Promise<boolean> {
    this.#abort.signal.throwIfAborted();
    const had = this.#leadership.lease !== undefined;
    const term = await this.#leadership.take();
    if (term === undefined) return false;
    if (had || term === 'continued') return true;
    this.#pace.begin();
    await this.#held.load();
    return true;
  }

  async #follow(): Promise<void> {
    await this.#held.load();
    await this.#outcomes.readReport();
    this.#tellReady();
  }

  #tellReady(): void {
    if (this.#isReady || !this.#held.isLoaded) return;
    const { pulledAt, failure, count } = this.health;
    if (pulledAt === undefined || failure !== undefined) return;
    this.#isReady = true;
    this.#options.listener.ready?.({ decisions: count });
  }

  #plan(delayMs: number): void {
    this.#job?.[Symbol.dispose]();
    if (!this.#isStarted || this.#abort.signal.aborted) return;
    this.#job = this.#options.scheduler.schedule('crowdsec:lapi', delayMs, () => this.#tick());
  }

  async #tick(): Promise<void> {
    const { clock } = this.#options;
    try {
      const mayLead = this.#leadership.lease !== undefined || clock.monotonic() >= this.#yieldUntil;
      if (!mayLead || !(await this.#lead())) await this.#follow();
      else if (this.#pace.waitMs === 0) await this.#pull().catch(() => undefined);
      this.#storeFailure = undefined;
    } catch (error) {
      this.#sayStoreFailed(error);
    }
    this.#plan(this.#leadership.lease === undefined ? WATCH_MS : this.#pace.waitMs);
  }

  #pull(): Promise<RefreshResult> {
    this.#flight ??= this.#pullOnce().finally(() => (this.#flight = undefined));
    return this.#flight;
  }

  async #pullOnce(): Promise<RefreshResult> {
    const { listener, measurePull = unmeasuredPull } = this.#options;
    const { lease } = this.#leadership;
    if (lease === undefined || !(await this.#leadership.isConfirmed(lease)))
      return { status: 'skipped', reason: 'busy', nextAt: this.#options.clock.now() + WATCH_MS };
    const stop = new AbortController();
    const detach = abortTogether(stop, [this.#abort.signal, this.#leadership.signal]);
    try {
      const { answer, full, changes } = await measurePull('lapi', async () => {
        const asked = await this.#ask(stop.signal);
        return { ...asked, changes: await this.#adopt(asked.answer, asked.full, lease) };
      });
      const { skipped } = answer.delta;
      this.#outcomes.answered({ full, skipped, nextInMs: this.#pace.waitMs });
      this.#tellReady();
      const result = {
        status: 'refreshed',
        network: 'lapi',
        new: changes.added,
        deleted: changes.deleted,
        skipped,
        lists: [],
      } as const;
      if (full || changes.added + changes.deleted > 0) listener.refreshed(result);
      return result;
    } catch (error) {
      if (stop.signal.aborted || isCrowdsecError(error, 'CROWDSEC_LEASE_BUSY')) throw error;
      this.#pace.failed(error);
      const nextAt = this.#outcomes.failed(error, this.#pace.waitMs);
      listener.failed({ network: 'lapi', error: asError(error), nextAt });
      throw error;
    } finally {
      detach();
      await this.#afterPull(lease);
    }
  }

  /** Asks for what changed, or for everything; of a connection that LAPI had closed before it answered, once more, for everything. */
  async #ask(signal: AbortSignal): Promise<{ readonly answer: StreamAnswer; readonly full: boolean }> {
    const full = this.#pace.fullReason !== undefined;
    const ask = async (startup: boolean): Promise<{ readonly answer: StreamAnswer; readonly full: boolean }> => {
      this.#pace.left();
      return { answer: await this.#client.pull({ startup, ledger: this.#ledger, signal }), full: startup };
    };
    try {
      return await ask(full);
    } catch (error) {
      if (signal.aborted || !wasClosed(error) || this.#pace.failures > 0) throw error;
      return ask(true);
    }
  }

  async #adopt(
    answer: StreamAnswer,
    full: boolean,
    lease: Lease,
  ): Promise<{ readonly added: number; readonly deleted: number }> {
    this.#abort.signal.throwIfAborted();
    if (lease.remainingMs() <= 0)
      throw new CrowdsecError(
        'CROWDSEC_LEASE_BUSY',
        'Another process may be asking LAPI by now: this answer is not used.',
      );
    const rows = answer.newRows;
    if (!full || !this.#doubts.lacksMuch(answer, this.#held.index)) {
      const changes = full
        ? await this.#held.replace(answer.delta, lease)
        : await this.#held.apply(answer.delta, lease);
      if (full) this.#doubts.reset();
      this.#pace.answered({ full, rows, doubted: false });
      return changes;
    }
    // What it says has happened; that the rest is gone it does not say.
    const changes = await this.#held.apply(answer.delta, lease);
    const isBelieved = this.#doubts.believes(answer, this.#held.index);
    this.#outcomes.doubted(!isBelieved);
    const more = isBelieved ? await this.#held.replace(answer.delta, lease) : { added: 0, deleted: 0 };
    this.#pace.answered({ full, rows, doubted: !isBelieved });
    return { added: changes.added + more.added, deleted: changes.deleted + more.deleted };
  }

  async #afterPull(lease: Lease): Promise<void> {
    const { store, clock } = this.#options;
    if (this.#leadership.lease !== lease) return;
    if (store.shared) await this.#held.keepStored(lease);
    await this.#outcomes.writeReport(lease);
    if (!store.networked || this.#pace.failures < FAILURES_TO_YIELD) return;
    this.#yieldUntil = clock.monotonic() + YIELD_MS;
    await this.#leadership.release();
  }

  #sayStoreFailed(error: unknown): void {
    if (this.#abort.signal.aborted) return;
    const message = messageOf(error);
    if (this.#storeFailure !== message)
      this.#options.logger.warn(`LAPI is not asked for decisions while the store does not say who asks: ${message}`, {
        code: 'STORE_UNAVAILABLE',
        reason: message,
      });
    this.#storeFailure = message;
  }
}
