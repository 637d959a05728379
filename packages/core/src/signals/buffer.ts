import { randomUUID } from 'node:crypto';
import type { Signal } from '../capi/wire.js';
import type { Clock } from '../clock.js';
import { isCrowdsecError, messageOf, type CrowdsecError } from '../errors.js';
import type { IpPrefix } from '../ip/prefix.js';
import type { Logger } from '../logger.js';
import { sleep, type Scheduler } from '../scheduler.js';
import type { Store } from '../store/store.js';
import { checkReport, isContentRefusal, signalFromJournal, signalToJournal, type CheckedReport } from './build-signal.js';
import { nextCall, type Pace } from './pace.js';
import type { Pacer, Turn, TurnOutcome } from './pacer.js';
import type { FlushResult, Receipt, RefusalReason, Report, SignalKind, Whisper } from './report.js';
import { afterRefusal, afterSuccess, batchSize } from './suspects.js';

/** The store is asked again this long after it failed to take signals. */
const JOURNAL_RETRY_MS = 5_000;
/** Another process that has its turn is done by then. */
const TURN_RETRY_MS = 1_000;
const NOTHING = Promise.resolve();

export interface SignalBufferOptions {
  readonly store: Store;
  readonly pacer: Pacer;
  readonly clock: Clock;
  readonly scheduler: Scheduler;
  readonly logger: Logger;
  /** What may be reported: the scenarios that CAPI was told of. */
  readonly declared: ReadonlySet<string>;
  /** Why an address may not be reported; `undefined` when it may. */
  readonly isReportable: (prefix: IpPrefix) => Exclude<RefusalReason, 'buffer-full' | 'stopped'> | undefined;
  /** Gets everything ready for a call, such as a token, so that the call itself leaves at its moment. */
  readonly prepare: () => Promise<unknown>;
  /** Posts one call's worth. */
  readonly push: (signals: readonly Signal[]) => Promise<void>;
  /** How many signals may wait, of all processes. */
  readonly bufferSize: number;
  /** How long signals are gathered in memory before they are written to the journal, in ms. */
  readonly journalDelayMs: number;
  readonly listener: SignalListener;
}

/** Is told what happens to signals. */
export interface SignalListener {
  buffered(signal: { uuid: string; ip: string; scenario: string; kind: SignalKind }): void;
  refused(signal: { ip: string; scenario: string; reason: RefusalReason }): void;
  sent(details: { count: number }): void;
  failed(details: { count: number; error: Error; nextAt: number }): void;
  poisoned(details: { uuid: string; message: string }): void;
}

/** A signal that is not in the journal yet. */
interface Waiting {
  readonly signal: Signal;
  readonly stored: () => void;
}

/**
 * Takes signals in microseconds, writes them to the journal in batches, and sends them from there, oldest first, those of processes
 * that died included. A signal leaves the journal when CAPI has taken it, or when it is the one that CAPI refuses a call for.
 */
export class SignalBuffer {
  readonly #options: SignalBufferOptions;
  #unwritten = new Map<string, Waiting>();
  /** Where the journal is not crash-safe, `stored` waits for CAPI's answer. */
  readonly #unanswered = new Map<string, () => void>();
  #journaled = 0;
  #oldestAt: number | undefined;
  #writing: Promise<void> | undefined;
  #writeJob: Disposable | undefined;
  #sendJob: { readonly at: number; readonly handle: Disposable } | undefined;
  #storeFailed = false;
  #stopped = false;
  readonly counters = { sent: 0, poisoned: 0, refused: new Map<RefusalReason, number>() };

  constructor(options: SignalBufferOptions) {
    this.#options = options;
  }

  /** Signals that wait, as far as this process knows. */
  get size(): number {
    return this.#unwritten.size + this.#journaled;
  }

  /** When the next call is due, and why then. */
  get pace(): Pace {
    const { pacer, clock } = this.#options;
    const pace = nextCall({ size: this.size, oldestAt: this.#oldestAt ?? clock.now(), lastCallAt: pacer.lastCallAt });
    const { allowedAt } = pacer;
    if (pace.dueAt === undefined) return { ...pace, allowedAt };
    if (pacer.hasUnfinishedBusiness) return { allowedAt, dueAt: allowedAt, reason: 'the last call did not get through' };
    if (pace.dueAt >= allowedAt) return { ...pace, allowedAt };
    return { allowedAt, dueAt: allowedAt, reason: 'as soon as the pace of the network allows' };
  }

  /** Picks up what earlier runs left in the journal. */
  async start(): Promise<void> {
    this.#stopped = false;
    await this.#options.pacer.load();
    await this.#recount();
    this.#schedule();
  }

  /** @throws CrowdsecError for a mistake of the caller; whatever the visitor's address is, only refuses */
  add(input: Report | Whisper, kind: SignalKind): Receipt {
    const { clock, declared, listener } = this.#options;
    const report = checkReport(input, kind, { declared, now: clock.now(), path: kind === 'decision' ? 'report' : 'whisper' });
    const reason = this.#refusal(report);
    const { address: ip, scenario } = report;
    if (reason !== undefined) {
      this.counters.refused.set(reason, (this.counters.refused.get(reason) ?? 0) + 1);
      listener.refused({ ip, scenario, reason });
      return { status: 'refused', reason, stored: NOTHING };
    }
    const uuid = randomUUID();
    const stored = new Promise<void>((resolve) => {
      this.#unwritten.set(uuid, { signal: report.build(uuid), stored: resolve });
    });
    this.#oldestAt ??= clock.now();
    this.#writeJob ??= this.#writeLater(this.#options.journalDelayMs);
    listener.buffered({ uuid, ip, scenario, kind });
    return { status: 'buffered', uuid, stored };
  }

  /**
   * Sends the oldest signals, if a call may leave now.
   *
   * @throws CrowdsecError when the call was made, or prepared, and failed; the signals are kept
   */
  async flush(): Promise<FlushResult> {
    const { pacer } = this.#options;
    await this.#write();
    await this.#recount();
    const outcome = this.#journaled === 0 ? undefined : await pacer.turn((turn) => this.#send(turn));
    this.#schedule();
    if (outcome?.error !== undefined) throw outcome.error;
    return { sent: outcome?.sent ?? 0, waiting: this.size, nextAllowedAt: pacer.allowedAt };
  }

  /** Sends if that is due: for hosts whose timers do not run between calls. */
  async flushIfDue(): Promise<void> {
    await this.#options.pacer.load();
    await this.#recount();
    if ((this.pace.dueAt ?? Infinity) <= this.#options.clock.now()) await this.flush();
  }

  /**
   * Ends the jobs. What waits is sent if a call may leave now; where nothing durable holds it, also if one may within the deadline.
   */
  async stop(deadlineMs: number): Promise<void> {
    const { clock, scheduler, store, pacer, logger } = this.#options;
    this.#stopped = true;
    this.#sendJob?.handle[Symbol.dispose]();
    this.#sendJob = undefined;
    this.#writeJob?.[Symbol.dispose]();
    this.#writeJob = undefined;
    const endAt = clock.monotonic() + deadlineMs;
    try {
      do {
        const waitMs = pacer.allowedAt - clock.now();
        if (this.size === 0 || clock.monotonic() + waitMs > endAt) break;
        if (waitMs > 0 && store.crashSafe) break;
        if (waitMs > 0) await sleep(scheduler, 'crowdsec:signals', waitMs);
        await this.flush();
      } while (!store.crashSafe);
      await this.#write();
    } catch (error) {
      logger.warn(`Signals could not be sent at the stop: ${messageOf(error)}`);
    }
    if (this.size > 0 && store.crashSafe) logger.info(`${this.size} signals wait in the journal for the next start.`);
    else if (this.size > 0) logger.warn(`${this.size} signals are lost: the store (${store.description}) keeps no journal.`);
  }

  #refusal(report: CheckedReport): RefusalReason | undefined {
    if (this.#stopped) return 'stopped';
    if (report.prefix === undefined) return 'invalid-ip';
    if (this.size >= this.#options.bufferSize) return 'buffer-full';
    return this.#options.isReportable(report.prefix);
  }

  #writeLater(delayMs: number): Disposable {
    return this.#options.scheduler.schedule('crowdsec:journal', delayMs, async () => {
      this.#writeJob = undefined;
      await this.#write().catch(() => undefined);
      this.#schedule();
    });
  }

  /** Writes what is in memory to the journal; one at a time. */
  async #write(): Promise<void> {
    while (this.#writing !== undefined) await this.#writing.catch(() => undefined);
    if (this.#unwritten.size === 0) return;
    this.#writing = this.#append().finally(() => {
      this.#writing = undefined;
    });
    await this.#writing;
  }

  async #append(): Promise<void> {
    const { store, logger } = this.#options;
    const batch = [...this.#unwritten];
    try {
      await store.journal.append(batch.map(([id, { signal }]) => ({ id, value: signalToJournal(signal) })));
    } catch (error) {
      if (!this.#storeFailed) logger.warn(`Signals stay in memory, the journal did not take them: ${messageOf(error)}`);
      this.#storeFailed = true;
      if (!this.#stopped) this.#writeJob ??= this.#writeLater(JOURNAL_RETRY_MS);
      throw error;
    }
    this.#storeFailed = false;
    for (const [id, { stored }] of batch) {
      this.#unwritten.delete(id);
      if (store.crashSafe) stored();
      else this.#unanswered.set(id, stored);
    }
    this.#journaled += batch.length;
  }

  async #send(turn: Turn): Promise<TurnOutcome<{ sent: number; error?: CrowdsecError }>> {
    const { store, prepare, push, listener, clock } = this.#options;
    const entries = await store.journal.read(batchSize(turn.suspects));
    const ids = entries.map(({ id }) => id);
    try {
      await prepare();
      await turn.leave();
      await push(entries.map(({ value }) => signalFromJournal(value)));
    } catch (error) {
      if (!isCrowdsecError(error)) throw error;
      if (isContentRefusal(error)) {
        if (ids.length === 1) await this.#setAside(ids[0]!, error);
        return { value: { sent: 0 }, suspects: afterRefusal(ids.length, turn.suspects) };
      }
      listener.failed({ count: ids.length, error, nextAt: error.nextAt ?? clock.now() + (error.retryAfterMs ?? 0) });
      return { value: { sent: 0, error }, suspects: turn.suspects, failure: error };
    }
    await store.journal.acknowledge(ids);
    this.#answered(ids);
    this.counters.sent += ids.length;
    listener.sent({ count: ids.length });
    await this.#recount();
    return { value: { sent: ids.length }, suspects: afterSuccess(turn.suspects, ids.length) };
  }

  /** The one signal that CAPI refuses: kept readable, out of the way of the others. */
  async #setAside(id: string, error: CrowdsecError): Promise<void> {
    const { store, listener, logger } = this.#options;
    await store.journal.acknowledge([id]);
    this.#answered([id]);
    this.counters.poisoned += 1;
    logger.error(`CAPI refuses signal ${id}; it is left out: ${error.message}`);
    listener.poisoned({ uuid: id, message: error.message });
    await this.#recount();
  }

  #answered(ids: readonly string[]): void {
    for (const id of ids) {
      this.#unanswered.get(id)?.();
      this.#unanswered.delete(id);
    }
  }

  /** Other processes add to the journal and take from it. */
  async #recount(): Promise<void> {
    const { store } = this.#options;
    this.#journaled = await store.journal.size();
    const [oldest] = this.#journaled === 0 ? [] : await store.journal.read(1);
    const [unwritten] = this.#unwritten.values();
    const signal = oldest === undefined ? unwritten?.signal : signalFromJournal(oldest.value);
    this.#oldestAt = signal === undefined ? undefined : Date.parse(signal.created_at);
  }

  /** @param atLeastMs for a turn that was not to be had: somebody else is at it */
  #schedule(atLeastMs = 0): void {
    const { clock, scheduler } = this.#options;
    const { dueAt } = this.pace;
    if (this.#stopped || dueAt === undefined) return;
    if (this.#sendJob !== undefined && this.#sendJob.at <= dueAt) return;
    this.#sendJob?.handle[Symbol.dispose]();
    const delayMs = Math.max(atLeastMs, dueAt - clock.now());
    const handle = scheduler.schedule('crowdsec:signals', delayMs, () => this.#sendWhatIsDue());
    this.#sendJob = { at: clock.now() + delayMs, handle };
  }

  /** What the job does. Another process may have sent in the meantime, or a hand of ours. */
  async #sendWhatIsDue(): Promise<void> {
    const { logger } = this.#options;
    this.#sendJob = undefined;
    try {
      await this.flushIfDue();
    } catch (error) {
      logger.warn(`Signals are kept and sent later: ${messageOf(error)}`);
    }
    this.#schedule(TURN_RETRY_MS);
  }
}
