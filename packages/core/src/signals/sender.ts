import type { Signal } from '../capi/wire.js';
import type { Clock } from '../clock.js';
import { isCrowdsecError, messageOf, type CrowdsecError } from '../errors.js';
import type { Logger } from '../logger.js';
import type { ReportChannel } from '../networks/report-channel.js';
import type { JournalEntry, Store } from '../store/store.js';
import { isJournaledSignal, signalFromJournal } from './build-signal.js';
import type { Turn, TurnOutcome } from './pacer.js';
import { setAside } from './poisoned.js';
import { pushInTurn, type PushFailure } from './push-in-turn.js';
import { afterRefused, afterTaken, candidatesNeeded, nextBatch } from './refusal-state.js';

export interface SenderOptions {
  readonly store: Store;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Where signals go. */
  readonly channel: ReportChannel;
  /** Breaks calls off when the agent stops: no failure of the network. */
  readonly signal?: AbortSignal | undefined;
  readonly random?: (() => number) | undefined;
  /** These leave for the network. */
  readonly onSending: (uuids: readonly string[]) => void;
  /** The call with these was not accepted. */
  readonly onNotAccepted: (uuids: readonly string[]) => void;
  /** These are answered: it has taken them, or they are set aside. */
  readonly onAnswered: (uuids: readonly string[]) => void;
  readonly listener: SenderListener;
}

/** Receives the results of calls. */
export interface SenderListener {
  sent(details: { count: number }): void;
  failed(details: { count: number; error: Error; nextAt: number }): void;
  poisoned(details: { uuid: string; message: string }): void;
}

/** What one call came to. */
export interface Sent {
  readonly sent: number;
  readonly error?: CrowdsecError;
}

/** A signal of the journal that waits. */
interface Candidate {
  readonly id: string;
  readonly kind: string;
  readonly entry: JournalEntry;
  readonly signal: Signal;
}

/**
 * Sends one call's worth of signals from the journal. A signal leaves the journal when CAPI has taken it, or when it is the one that CAPI
 * refuses a call for; see `refusal-state.ts`.
 */
export class Sender {
  readonly #options: SenderOptions;
  readonly #random: () => number;
  /** Signals that the network has accepted and the journal still holds because it could not be written. */
  #unacknowledged: readonly JournalEntry[] = [];

  constructor(options: SenderOptions) {
    this.#options = options;
    this.#random = options.random ?? Math.random;
  }

  /** Makes the call of a turn. @throws CrowdsecError `CROWDSEC_STORE_UNAVAILABLE` before the call */
  async send(turn: Turn): Promise<TurnOutcome<Sent>> {
    const { store, channel, onSending } = this.#options;
    const { mostPerCall } = channel.pace;
    await this.#acknowledge([]);
    const entries = await store.journal.read(candidatesNeeded(turn.refusals, mostPerCall), isJournaledSignal);
    const waiting = entries.map(candidateOf);
    const batch = nextBatch(waiting, turn.refusals, { random: this.#random, mostPerCall });
    if (batch.length === 0) return { value: { sent: 0 } };
    onSending(batch.map(({ id }) => id));
    const signals = batch.map(({ signal }) => signal);
    const failure = await pushInTurn(channel, turn, signals);
    if (failure !== undefined) return this.#handleFailure(turn, batch, waiting, failure);
    await this.#handleAccepted(batch);
    return { value: { sent: batch.length }, refusals: afterTaken(batch, waiting, turn.refusals) };
  }

  async #handleAccepted(batch: readonly Candidate[]): Promise<void> {
    const { onAnswered, listener, logger, channel } = this.#options;
    onAnswered(batch.map(({ id }) => id));
    listener.sent({ count: batch.length });
    await this.#acknowledge(batch.map(({ entry }) => entry)).catch((error: unknown) => {
      logger.warn(
        `${channel.name} took ${batch.length} signals, and the journal could not be told so yet: ${messageOf(error)}`,
        { code: 'JOURNAL_UNAVAILABLE', signals: batch.length, error },
      );
    });
  }

  async #handleFailure(
    turn: Turn,
    batch: readonly Candidate[],
    waiting: readonly Candidate[],
    { error, refusesContent }: PushFailure,
  ): Promise<TurnOutcome<Sent>> {
    const { signal, clock, listener, onNotAccepted } = this.#options;
    onNotAccepted(batch.map(({ id }) => id));
    if (turn.isLost) return { value: { sent: 0 } };
    if (!isCrowdsecError(error)) throw error;
    if (signal?.aborted === true) return { value: { sent: 0, error } };
    if (refusesContent) return this.#handleRefusal(turn, batch, waiting, error);
    const nextAt = Math.ceil(error.nextAt ?? clock.now() + (error.retryAfterMs ?? 0));
    listener.failed({ count: batch.length, error, nextAt });
    return { value: { sent: 0, error }, failure: error };
  }

  async #handleRefusal(
    turn: Turn,
    batch: readonly Candidate[],
    waiting: readonly Candidate[],
    error: CrowdsecError,
  ): Promise<TurnOutcome<Sent>> {
    const { clock, listener, channel } = this.#options;
    const askedAlone = new Set([...batch, ...turn.refusals.refusedAlone].map(({ id }) => id));
    const others = waiting.filter(({ id }) => !askedAlone.has(id)).length;
    const { state, isPoisoned, needsBackoff } = afterRefused(
      batch,
      others,
      turn.refusals,
      channel.provesBlame?.(error),
    );
    if (isPoisoned) await this.#setAside(turn, batch[0]!, error);
    if (!needsBackoff) return { value: { sent: 0 }, refusals: state };
    listener.failed({ count: batch.length, error, nextAt: Math.ceil(clock.now()) });
    return { value: { sent: 0, error }, refusals: state, failure: error };
  }

  /** The one signal that the network refuses: kept readable, out of the way of the others. */
  async #setAside(turn: Turn, { id, entry, signal }: Candidate, error: CrowdsecError): Promise<void> {
    const { store, listener, logger, clock, onAnswered, channel } = this.#options;
    await setAside(store, turn, { signal, message: error.message, at: Math.ceil(clock.now()) });
    onAnswered([id]);
    await this.#acknowledge([entry]).catch(() => undefined);
    logger.error(`${channel.name} refuses signal ${id}; it is set aside: ${error.message}`, {
      code: 'SIGNAL_POISONED',
      uuid: id,
      error,
    });
    listener.poisoned({ uuid: id, message: error.message });
  }

  /** Removes these from the journal, with those whose removal failed before. */
  async #acknowledge(entries: readonly JournalEntry[]): Promise<void> {
    this.#unacknowledged = [...this.#unacknowledged, ...entries];
    if (this.#unacknowledged.length === 0) return;
    const { journal } = this.#options.store;
    await journal.acknowledge(this.#unacknowledged);
    this.#unacknowledged = [];
  }
}

function candidateOf(entry: JournalEntry): Candidate {
  const signal = signalFromJournal(entry.value);
  const kind = signal.decisions === undefined ? 'whisper' : 'decision';
  return { id: entry.id, kind: `${kind} ${signal.scenario} ${signal.source.scope}`, entry, signal };
}
