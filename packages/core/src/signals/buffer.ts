import { firstCause, isCrowdsecError, messageOf, sentence, type CrowdsecErrorCode } from '../errors.js';
import { sleep } from '../scheduler.js';
import { acquire } from '../store/acquire.js';
import { isJournaledSignal, signalFromJournal } from './build-signal.js';
import { SignalIntakeQueue } from './signal-intake-queue.js';
import type { SignalIntakeListener, SignalIntakeOptions } from './intake-options.js';
import { nextCall, type Pace } from './pace.js';
import { TURN_LEASE, type Pacer } from './pacer.js';
import { requeuePoisoned, type RetryResult } from './poisoned.js';
import type { FlushResult, Receipt, Report, SignalKind, Whisper } from './report.js';
import { Sender, type SenderListener, type SenderOptions } from './sender.js';

/** Another process that has its turn is done by then. */
const TURN_RETRY_MS = 1_000;
/** A call of another process is over by then. */
const RETRY_WAIT_MS = 30_000;
const RETRY_LEASE_MS = 10_000;

export interface SignalBufferOptions
  extends Omit<SignalIntakeOptions, 'onWritten'>, Pick<SenderOptions, 'channel' | 'signal' | 'random'> {
  readonly pacer: Pacer;
  readonly listener: SignalListener;
}

/** Why a call with signals failed. */
export interface SignalsFailure {
  /** Of what failed first. */
  readonly code: CrowdsecErrorCode;
  /** With the host and what to do. */
  readonly message: string;
}

/** Receives what happens to signals. */
export type SignalListener = SignalIntakeListener & SenderListener;

/**
 * Takes signals, keeps them in the journal, and has them sent from there, oldest first, those of processes that died included.
 */
export class SignalBuffer {
  readonly #options: SignalBufferOptions;
  readonly #intakeQueue: SignalIntakeQueue;
  readonly #sender: Sender;
  #oldestAt: number | undefined;
  #sendJob: { readonly at: number; readonly handle: Disposable } | undefined;
  #stopped = false;
  readonly #flushes = new Set<Promise<unknown>>();
  #sent = 0;
  /** What was said of the calls that fail: it is said anew when it changes, or after one that got through. */
  #lastDeferralLogged = '';
  #poisoned = 0;
  #failure: SignalsFailure | undefined;

  constructor(options: SignalBufferOptions) {
    this.#options = options;
    const intake = (this.#intakeQueue = new SignalIntakeQueue({ ...options, onWritten: () => this.#schedule() }));
    this.#sender = new Sender({
      ...options,
      onSending: (uuids) => intake.markInFlight(uuids),
      onNotAccepted: (uuids) => intake.endFlight(uuids),
      onAnswered: (uuids) => intake.removeAnswered(uuids),
      listener: {
        sent: (details) => {
          this.#sent += details.count;
          this.#failure = undefined;
          options.listener.sent(details);
        },
        failed: (details) => {
          const { error } = details;
          const code = isCrowdsecError(error) ? firstCause(error).code : 'CROWDSEC_API_UNREACHABLE';
          this.#failure = { code, message: messageOf(error) };
          options.listener.failed(details);
        },
        poisoned: (details) => {
          this.#poisoned += 1;
          options.listener.poisoned(details);
        },
      },
    });
  }

  /** Signals that wait, as far as this process knows. */
  get size(): number {
    return this.#intakeQueue.size;
  }

  /** Why the last call of this process failed; `undefined` when it did not, or nothing waits any more. */
  get failure(): SignalsFailure | undefined {
    return this.size === 0 ? undefined : this.#failure;
  }

  /** What became of the signals of this process, and how many it sent. */
  get counters(): SignalIntakeQueue['counters'] & { readonly sent: number; readonly poisoned: number } {
    return { ...this.#intakeQueue.counters, sent: this.#sent, poisoned: this.#poisoned };
  }

  /** When the next call is due, and why then. */
  get pace(): Pace {
    const { pacer, clock } = this.#options;
    const oldestAt = Math.min(this.#oldestAt ?? Infinity, this.#intakeQueue.oldestAt ?? Infinity, clock.now());
    const pace = nextCall({ size: this.size, oldestAt, lastCallAt: pacer.lastCallAt }, pacer.pace);
    const { allowedAt } = pacer;
    if (pace.dueAt === undefined) return { ...pace, allowedAt };
    if (pacer.hasPendingRetry) return { allowedAt, dueAt: allowedAt, reason: 'the last call did not get through' };
    if (pace.dueAt >= allowedAt) return { ...pace, allowedAt };
    return { allowedAt, dueAt: allowedAt, reason: 'as soon as the pace of the network allows' };
  }

  /** Picks up what earlier runs left in the journal. May be called again after it failed. */
  async start(): Promise<void> {
    this.#stopped = false;
    this.#intakeQueue.start();
    await this.#options.pacer.load();
    await this.#recount();
    this.#schedule();
  }

  /** @throws CrowdsecError for a mistake of the caller; whatever the visitor's address is, only refuses */
  add(input: Report | Whisper, kind: SignalKind): Receipt {
    return this.#intakeQueue.add(input, kind);
  }

  /**
   * Sends the oldest signals, if a call may leave now.
   *
   * @throws CrowdsecError when the call was made, or prepared, and failed; the signals are kept
   */
  flush(): Promise<FlushResult> {
    const flush = this.#flush();
    this.#flushes.add(flush);
    const ended = (): void => void this.#flushes.delete(flush);
    flush.then(ended, ended);
    return flush;
  }

  async #flush(): Promise<FlushResult> {
    const { pacer } = this.#options;
    await this.#intakeQueue.write();
    await this.#recount();
    const hasSignals = this.size > 0;
    const outcome = hasSignals ? await pacer.turn((turn) => this.#sender.send(turn)) : undefined;
    await this.#recount().catch(() => undefined);
    this.#schedule(hasSignals && outcome === undefined ? TURN_RETRY_MS : 0);
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
   * Puts the signals that were set aside back into the journal, oldest first, as far as there is room: they are sent again.
   *
   * @throws CrowdsecError `CROWDSEC_LEASE_BUSY` when a call of another process takes too long, or what the store threw
   */
  async retryPoisoned(): Promise<RetryResult> {
    const { store, scheduler, bufferSize } = this.#options;
    await this.#recount();
    const lease = await acquire(store, scheduler, {
      name: TURN_LEASE,
      ttlMs: RETRY_LEASE_MS,
      waitMs: RETRY_WAIT_MS,
      signal: this.#options.signal,
    });
    try {
      return await requeuePoisoned(store, lease, Math.max(0, bufferSize - this.size));
    } finally {
      await lease.release().catch(() => undefined);
      await this.#recount().catch(() => undefined);
      this.#schedule();
    }
  }

  /** Writes what is in memory to the journal: what comes first when time is short. Never rejects. */
  async write(): Promise<void> {
    await this.#intakeQueue.write().catch(() => undefined);
  }

  /**
   * Ends the jobs, and waits for the call that is on its way. What waits is sent if a call may leave now; where nothing durable holds it,
   * also if one may within the deadline. What outlasts the deadline is for the caller to leave.
   */
  async stop(deadlineMs: number): Promise<void> {
    const { clock, scheduler, store, pacer, logger, signal } = this.#options;
    this.#stopped = true;
    this.#intakeQueue.stop();
    this.#sendJob?.handle[Symbol.dispose]();
    this.#sendJob = undefined;
    const endAt = clock.monotonic() + deadlineMs;
    await Promise.all([this.write(), Promise.allSettled(this.#flushes)]);
    try {
      do {
        const waitMs = pacer.allowedAt - clock.now();
        if (this.size === 0 || clock.monotonic() + waitMs > endAt || signal?.aborted === true) break;
        if (waitMs > 0 && store.crashSafe) break;
        if (waitMs > 0) await sleep(scheduler, 'crowdsec:signals', waitMs);
        const { sent } = await this.flush();
        // The turn was not to be had.
        if (sent === 0 && this.size > 0 && !store.crashSafe) await sleep(scheduler, 'crowdsec:signals', TURN_RETRY_MS);
      } while (!store.crashSafe);
      await this.#intakeQueue.write();
    } catch (error) {
      logger.warn(`Signals could not be sent at the stop: ${sentence(messageOf(error))}`, {
        code: 'SIGNALS_NOT_SENT',
        error,
      });
    }
  }

  /** Says what the stop leaves behind, and where it is. */
  logUnsent(): void {
    const { store, logger } = this.#options;
    const { size } = this;
    const inMemory = store.crashSafe ? this.#intakeQueue.unwritten : size;
    const why = store.crashSafe ? 'did not take them in time' : 'keeps no journal';
    if (size > inMemory)
      logger.info(`${size - inMemory} signals wait in the journal for the next start.`, {
        code: 'SIGNALS_IN_JOURNAL',
        signals: size - inMemory,
      });
    if (inMemory > 0)
      logger.warn(`${inMemory} signals are lost: the store (${store.description}) ${why}.`, {
        code: 'SIGNALS_LOST',
        signals: inMemory,
      });
  }

  /** Other processes add to the journal and take from it. */
  async #recount(): Promise<void> {
    await this.#intakeQueue.recount();
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
    const handle = scheduler.schedule('crowdsec:signals', delayMs, () => this.#sendDue());
    this.#sendJob = { at: clock.now() + delayMs, handle };
  }

  /** What the job does. Another process may have sent in the meantime, or a hand of ours. */
  async #sendDue(): Promise<void> {
    const { logger } = this.#options;
    this.#sendJob = undefined;
    try {
      await this.flushIfDue();
    } catch (error) {
      const first = isCrowdsecError(error) ? firstCause(error) : error;
      const trouble = `${this.#sent} ${messageOf(first)}`;
      if (trouble !== this.#lastDeferralLogged)
        logger.warn(`Signals are kept and sent later: ${sentence(messageOf(error))}`, {
          code: 'SIGNALS_DEFERRED',
          error,
        });
      this.#lastDeferralLogged = trouble;
    }
    this.#schedule(TURN_RETRY_MS);
  }
}
