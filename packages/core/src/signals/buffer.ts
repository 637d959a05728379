import type { Signal } from '../capi/wire.js';
import { isCrowdsecError, messageOf, type CrowdsecError } from '../errors.js';
import { atMost } from '../deadline.js';
import { sleep } from '../scheduler.js';
import type { JournalEntry } from '../store/store.js';
import { isContentRefusal, isJournaledSignal, signalFromJournal } from './build-signal.js';
import { Intake, type IntakeListener, type IntakeOptions } from './intake.js';
import { nextCall, type Pace } from './pace.js';
import type { Pacer, Turn, TurnOutcome } from './pacer.js';
import { setAside } from './poisoned.js';
import type { FlushResult, Receipt, Report, SignalKind, Whisper } from './report.js';
import { afterRefusal, afterSuccess, batchSize } from './suspects.js';

/** Another process that has its turn is done by then. */
const TURN_RETRY_MS = 1_000;

export interface SignalBufferOptions extends Omit<IntakeOptions, 'onWritten'> {
  readonly pacer: Pacer;
  /** Gets everything ready for a call, such as a token, so that the call itself leaves at its moment. */
  readonly prepare: () => Promise<unknown>;
  /** Posts one call's worth. */
  readonly push: (signals: readonly Signal[]) => Promise<void>;
  readonly listener: SignalListener;
}

/** Is told what happens to signals. */
export interface SignalListener extends IntakeListener {
  sent(details: { count: number }): void;
  failed(details: { count: number; error: Error; nextAt: number }): void;
  poisoned(details: { uuid: string; message: string }): void;
}

/**
 * Takes signals, keeps them in the journal, and sends them from there, oldest first, those of processes that died included. A signal
 * leaves the journal when CAPI has taken it, or when it is the one that CAPI refuses a call for.
 */
export class SignalBuffer {
  readonly #options: SignalBufferOptions;
  readonly #intake: Intake;
  #oldestAt: number | undefined;
  #sendJob: { readonly at: number; readonly handle: Disposable } | undefined;
  #stopped = false;
  readonly #flights = new Set<Promise<unknown>>();
  #sent = 0;
  #poisoned = 0;

  constructor(options: SignalBufferOptions) {
    this.#options = options;
    this.#intake = new Intake({ ...options, onWritten: () => this.#schedule() });
  }

  /** Signals that wait, as far as this process knows. */
  get size(): number {
    return this.#intake.size;
  }

  /** What became of the signals of this process, and how many it sent. */
  get counters(): Intake['counters'] & { readonly sent: number; readonly poisoned: number } {
    return { ...this.#intake.counters, sent: this.#sent, poisoned: this.#poisoned };
  }

  /** When the next call is due, and why then. */
  get pace(): Pace {
    const { pacer, clock } = this.#options;
    const oldestAt = Math.min(this.#oldestAt ?? Infinity, this.#intake.oldestAt ?? Infinity, clock.now());
    const pace = nextCall({ size: this.size, oldestAt, lastCallAt: pacer.lastCallAt });
    const { allowedAt } = pacer;
    if (pace.dueAt === undefined) return { ...pace, allowedAt };
    if (pacer.hasUnfinishedBusiness)
      return { allowedAt, dueAt: allowedAt, reason: 'the last call did not get through' };
    if (pace.dueAt >= allowedAt) return { ...pace, allowedAt };
    return { allowedAt, dueAt: allowedAt, reason: 'as soon as the pace of the network allows' };
  }

  /** Picks up what earlier runs left in the journal. May be called again after it failed. */
  async start(): Promise<void> {
    this.#stopped = false;
    this.#intake.start();
    await this.#options.pacer.load();
    await this.#recount();
    this.#schedule();
  }

  /** @throws CrowdsecError for a mistake of the caller; whatever the visitor's address is, only refuses */
  add(input: Report | Whisper, kind: SignalKind): Receipt {
    return this.#intake.add(input, kind);
  }

  /**
   * Sends the oldest signals, if a call may leave now.
   *
   * @throws CrowdsecError when the call was made, or prepared, and failed; the signals are kept
   */
  flush(): Promise<FlushResult> {
    const flight = this.#flush();
    this.#flights.add(flight);
    const landed = (): void => void this.#flights.delete(flight);
    flight.then(landed, landed);
    return flight;
  }

  async #flush(): Promise<FlushResult> {
    const { pacer } = this.#options;
    await this.#intake.write();
    await this.#recount();
    const outcome = this.size === 0 ? undefined : await pacer.turn((turn) => this.#send(turn));
    this.#schedule();
    if (outcome?.error !== undefined) throw outcome.error;
    return { sent: outcome?.sent ?? 0, waiting: this.size, nextAllowedAt: Math.ceil(pacer.allowedAt) };
  }

  /** Sends if that is due: for hosts whose timers do not run between calls. */
  async flushIfDue(): Promise<void> {
    await this.#options.pacer.load();
    await this.#recount();
    if ((this.pace.dueAt ?? Infinity) <= this.#options.clock.now()) await this.flush();
  }

  /**
   * Ends the jobs, and waits for the call that is on its way. What waits is sent if a call may leave now; where nothing durable holds it, also if one may within the deadline.
   */
  async stop(deadlineMs: number): Promise<void> {
    const { clock, scheduler, store, pacer, logger } = this.#options;
    this.#stopped = true;
    this.#intake.stop();
    this.#sendJob?.handle[Symbol.dispose]();
    this.#sendJob = undefined;
    const endAt = clock.monotonic() + deadlineMs;
    await atMost(deadlineMs, Promise.allSettled(this.#flights), { scheduler, name: 'crowdsec:stop' });
    try {
      do {
        const waitMs = pacer.allowedAt - clock.now();
        if (this.size === 0 || clock.monotonic() + waitMs > endAt) break;
        if (waitMs > 0 && store.crashSafe) break;
        if (waitMs > 0) await sleep(scheduler, 'crowdsec:signals', waitMs);
        await this.flush();
      } while (!store.crashSafe);
      await this.#intake.write();
    } catch (error) {
      logger.warn(`Signals could not be sent at the stop: ${messageOf(error)}`);
    }
    if (this.size > 0 && store.crashSafe) logger.info(`${this.size} signals wait in the journal for the next start.`);
    else if (this.size > 0)
      logger.warn(`${this.size} signals are lost: the store (${store.description}) keeps no journal.`);
  }

  async #send(turn: Turn): Promise<TurnOutcome<{ sent: number; error?: CrowdsecError }>> {
    const { store, prepare, push, listener, clock } = this.#options;
    const entries = await store.journal.read(batchSize(turn.suspects), isJournaledSignal);
    // Others sent them, or they were damaged.
    if (entries.length === 0) return { value: { sent: 0 }, suspects: 0 };
    const uuids = entries.map(({ id }) => id);
    this.#intake.onTheirWay(uuids);
    try {
      await prepare();
      await turn.leave();
      await push(entries.map(({ value }) => signalFromJournal(value)));
    } catch (error) {
      this.#intake.backAgain(uuids);
      if (!isCrowdsecError(error)) throw error;
      if (isContentRefusal(error)) {
        if (entries.length === 1) await this.#setAside(turn, entries[0]!, error);
        return { value: { sent: 0 }, suspects: afterRefusal(entries.length, turn.suspects) };
      }
      listener.failed({
        count: entries.length,
        error,
        nextAt: Math.ceil(error.nextAt ?? clock.now() + (error.retryAfterMs ?? 0)),
      });
      return { value: { sent: 0, error }, suspects: turn.suspects, failure: error };
    }
    await this.#done(entries);
    this.#sent += entries.length;
    listener.sent({ count: entries.length });
    return { value: { sent: entries.length }, suspects: afterSuccess(turn.suspects, entries.length) };
  }

  /** The one signal that CAPI refuses: kept readable, out of the way of the others. */
  async #setAside(turn: Turn, entry: JournalEntry, error: CrowdsecError): Promise<void> {
    const { store, listener, logger, clock } = this.#options;
    await setAside(store, turn, { signal: signalFromJournal(entry.value), message: error.message, at: clock.now() });
    await this.#done([entry]);
    this.#poisoned += 1;
    logger.error(`CAPI refuses signal ${entry.id}; it is set aside: ${error.message}`);
    listener.poisoned({ uuid: entry.id, message: error.message });
  }

  async #done(entries: readonly JournalEntry[]): Promise<void> {
    await this.#options.store.journal.acknowledge(entries);
    this.#intake.answered(entries.map(({ id }) => id));
    await this.#recount();
  }

  /** Other processes add to the journal and take from it. */
  async #recount(): Promise<void> {
    await this.#intake.recount();
    const [oldest] = this.size === 0 ? [] : await this.#options.store.journal.read(1, isJournaledSignal);
    this.#oldestAt = oldest === undefined ? undefined : Date.parse(signalFromJournal(oldest.value).created_at);
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
