import { messageOf } from '../errors.js';
import type { JournalEntry } from '../store/store.js';
import { AwaitedPromises } from '../keep-process-alive.js';
import { checkReport, mergeFacts, type SignalFacts } from './build-signal.js';
import type { Receipt, RefusalReason, Report, SignalKind, Whisper } from './report.js';
import type { SignalIntakeOptions } from './intake-options.js';
import { PendingReceipt } from './pending-receipt.js';
import { Deferred } from './deferred.js';
import { entryOf, PendingSignals, type PendingSignal } from './pending-signals.js';

/** The store is asked again this long after it failed to take signals. */
const JOURNAL_RETRY_MS = 5_000;
/** So many of ours are looked up in the journal at once. */
const RECOUNT_BATCH = 250;
const NOTHING = Promise.resolve();

/**
 * Takes reports in microseconds, merges what is the same, and writes it to the journal in batches. What it refuses it counts.
 *
 * When it is full, whispers make room: repeated ones first, then the oldest. Decisions never do; they are refused instead.
 */
export class SignalIntakeQueue {
  readonly #options: SignalIntakeOptions;
  readonly #pending: PendingSignals;
  readonly #promises: AwaitedPromises;
  #toWrite = new Set<PendingSignal>();
  /** Their ids are all that the journal needs to let them go. */
  #evicted: JournalEntry[] = [];
  /** How many signals the journal holds, of all processes, as far as this one knows. */
  #journaled = 0;
  /** The end of what is asked of the journal one after the other: a count must not overlap a write. */
  #queue: Promise<unknown> = Promise.resolve();
  #writeJob: Disposable | undefined;
  #storeFailed = false;
  #stopped = false;
  readonly counters = { merged: 0, evicted: 0, refused: new Map<RefusalReason, number>() };

  constructor(options: SignalIntakeOptions) {
    this.#options = options;
    this.#pending = new PendingSignals(options.bufferSize);
    this.#promises = options.promises ?? new AwaitedPromises();
  }

  /** Signals that wait, in memory and in the journal, as far as this process knows. */
  get size(): number {
    return this.#pending.unwritten + this.#journaled;
  }

  /** Signals of this process that the journal has not taken. */
  get unwritten(): number {
    return this.#pending.unwritten;
  }

  /** When the oldest signal of this process that waits was reported. */
  get oldestAt(): number | undefined {
    return this.#pending.oldest?.facts.createdAt;
  }

  /** @throws CrowdsecError for a mistake of the caller; whatever the visitor's address is, only refuses */
  add(input: Report | Whisper, kind: SignalKind): Receipt {
    const { clock, declared, listener, isReportable, mergeWindowMs } = this.#options;
    const now = clock.now();
    const {
      prefix,
      facts,
      address: ip,
      scenario,
    } = checkReport(input, kind, {
      declared,
      now,
      path: kind === 'decision' ? 'report' : 'whisper',
    });
    if (this.#stopped) return this.#refuse('stopped', ip, scenario);
    if (prefix === undefined) return this.#refuse('invalid-ip', ip, scenario);
    const reason = isReportable(prefix);
    if (reason !== undefined) return this.#refuse(reason, ip, scenario);

    const group = this.#pending.group(kind, scenario);
    const latest = group.latest.get(facts.value);
    if (latest !== undefined && latest.state !== 'in-flight' && now < latest.mergeUntil)
      return this.#merge(latest, facts);
    const isRepeat = this.#pending.wasReported(group, facts.value);
    const about = { group, isRepeat, mergeUntil: now + mergeWindowMs };
    if (!this.#makeRoom(about)) return this.#refuse('buffer-full', ip, scenario);
    const { uuid, stored } = this.#writeSoon(this.#pending.add(facts, about));
    listener.buffered({ uuid, ip: facts.value, scenario, kind });
    return new PendingReceipt('buffered', uuid, stored, this.#promises);
  }

  /** Writes what is in memory to the journal. */
  write(): Promise<void> {
    return this.#runExclusively(async () => {
      if (this.#toWrite.size > 0 || this.#evicted.length > 0) await this.#writeAll();
    });
  }

  /** These leave for CAPI: nothing can be merged into them any more. */
  markInFlight(uuids: readonly string[]): void {
    for (const uuid of uuids) {
      const waiting = this.#pending.get(uuid);
      if (waiting !== undefined) waiting.state = 'in-flight';
    }
  }

  /** The call that held these was not accepted: they wait again, and more may be merged into them. */
  endFlight(uuids: readonly string[]): void {
    for (const uuid of uuids) {
      const waiting = this.#pending.get(uuid);
      if (waiting !== undefined) waiting.state = 'journaled';
    }
  }

  /** These are answered: they wait no more. */
  removeAnswered(uuids: readonly string[]): void {
    for (const uuid of uuids) {
      const waiting = this.#pending.get(uuid);
      if (waiting === undefined) continue;
      this.#pending.remove(waiting);
      waiting.stored.resolve();
    }
  }

  /** Asks the journal how many wait, and which of ours somebody else has sent: the oldest go first. */
  recount(): Promise<void> {
    return this.#runExclusively(async () => {
      const { journal } = this.#options.store;
      for (;;) {
        const oldest = this.#pending.oldestJournaled(RECOUNT_BATCH);
        const stillWaiting = new Set(oldest.length === 0 ? [] : await journal.waiting(oldest));
        this.removeAnswered(oldest.filter((uuid) => !stillWaiting.has(uuid)));
        if (oldest.length < RECOUNT_BATCH || stillWaiting.size > 0) break;
      }
      this.#journaled = await journal.size();
    });
  }

  start(): void {
    this.#stopped = false;
  }

  /** Takes nothing more. What is in memory is written by {@link write}. */
  stop(): void {
    this.#stopped = true;
    this.#writeJob?.[Symbol.dispose]();
    this.#writeJob = undefined;
  }

  #runExclusively<T>(work: () => Promise<T>): Promise<T> {
    const result = this.#queue.then(work);
    this.#queue = result.catch(() => undefined);
    return result;
  }

  #refuse(reason: RefusalReason, ip: string, scenario: string): Receipt {
    const { refused } = this.counters;
    refused.set(reason, (refused.get(reason) ?? 0) + 1);
    this.#options.listener.refused({ ip, scenario, reason });
    return { status: 'refused', reason, stored: NOTHING };
  }

  #merge(first: PendingSignal, incoming: SignalFacts): Receipt {
    const { uuid } = first;
    const { message, context } = first.facts;
    // What is merged in counts in any case; its texts only while there is room for them.
    const later = this.#pending.hasRoomFor(incoming, first, this.#options.bufferBytes)
      ? incoming
      : { ...incoming, message, context };
    this.#pending.replaceFacts(first, mergeFacts(first.facts, later));
    this.counters.merged += 1;
    if (first.state === 'journaled') {
      if (first.unwritten === undefined) first.stored = new Deferred();
      first.unwritten = first.unwritten === undefined ? later : mergeFacts(first.unwritten, later);
      this.#writeSoon(first);
    } else {
      first.unwritten = first.facts;
    }
    return new PendingReceipt('merged', uuid, first.stored, this.#promises);
  }

  /** False when there is none to be made. */
  #makeRoom(incoming: Pick<PendingSignal, 'group' | 'isRepeat'>): boolean {
    const { bufferSize, bufferBytes } = this.#options;
    while (this.size >= bufferSize || this.#pending.bytes >= bufferBytes) {
      if (this.size < bufferSize && this.#pending.forgetOldestKey()) continue;
      const leaving = this.#pending.whisperToEvict(incoming);
      if (leaving === undefined) return false;
      this.#evict(leaving);
    }
    return true;
  }

  #evict(waiting: PendingSignal): void {
    this.counters.evicted += 1;
    if (waiting.state === 'journaled') {
      this.#evicted.push({ id: waiting.uuid, value: null });
      this.#journaled -= 1;
    }
    this.#toWrite.delete(waiting);
    this.#pending.remove(waiting);
    waiting.stored.resolve();
    this.#options.listener.evicted({ uuid: waiting.uuid });
  }

  #writeSoon(waiting: PendingSignal): PendingSignal {
    this.#toWrite.add(waiting);
    this.#writeJob ??= this.#writeLater(this.#options.journalDelayMs);
    return waiting;
  }

  #writeLater(delayMs: number): Disposable {
    return this.#options.scheduler.schedule('crowdsec:journal', delayMs, async () => {
      this.#writeJob = undefined;
      await this.write().catch(() => undefined);
      this.#options.onWritten();
    });
  }

  async #writeAll(): Promise<void> {
    const { logger } = this.#options;
    const batch = this.#toWrite;
    const evicted = this.#evicted;
    this.#toWrite = new Set();
    this.#evicted = [];
    try {
      await this.#writeBatch(batch, evicted);
      this.#storeFailed = false;
    } catch (error) {
      // What was evicted meanwhile is not written; everything else is tried again.
      for (const waiting of batch) if (this.#pending.has(waiting)) this.#toWrite.add(waiting);
      this.#evicted.unshift(...evicted);
      if (!this.#storeFailed)
        logger.warn(`Signals stay in memory, the journal did not take them: ${messageOf(error)}`, {
          code: 'JOURNAL_UNAVAILABLE',
          error,
        });
      this.#storeFailed = true;
      if (!this.#stopped) this.#writeJob ??= this.#writeLater(JOURNAL_RETRY_MS);
      throw error;
    }
  }

  async #writeBatch(batch: ReadonlySet<PendingSignal>, evicted: readonly JournalEntry[]): Promise<void> {
    const { store } = this.#options;
    const added = [...batch].filter(({ state }) => state === 'new');
    const changed = [...batch].filter(({ state }) => state !== 'new');
    const written = new Map([...batch].map((waiting) => [waiting, waiting.facts]));
    if (added.length > 0) await store.journal.append(added.map(entryOf));
    for (const waiting of added) this.#written(waiting, written.get(waiting)!);
    if (changed.length > 0) {
      const gone = new Set(await store.journal.replace(changed.map(entryOf)));
      for (const waiting of changed) {
        if (gone.has(waiting.uuid)) this.#admitUnwritten(waiting);
        else this.#written(waiting, written.get(waiting)!);
      }
    }
    if (evicted.length > 0) await store.journal.acknowledge(evicted);
    if (this.#toWrite.size > 0 && !this.#stopped) this.#writeJob ??= this.#writeLater(this.#options.journalDelayMs);
  }

  /** The journal has these facts of the signal; more may have been merged in while it was written. */
  #written(waiting: PendingSignal, facts: SignalFacts): void {
    if (!this.#pending.has(waiting)) {
      // Evicted while it was written.
      this.#evicted.push({ id: waiting.uuid, value: null });
      return;
    }
    if (waiting.state === 'new') {
      this.#pending.markJournaled(waiting);
      this.#journaled += 1;
    }
    if (waiting.facts !== facts) {
      this.#toWrite.add(waiting);
      return;
    }
    waiting.unwritten = undefined;
    if (this.#options.store.crashSafe) waiting.stored.resolve();
  }

  /** Another process sent the signal before the merge was written: what was merged in becomes a signal of its own. */
  #admitUnwritten(sent: PendingSignal): void {
    const { group, mergeUntil, unwritten, stored } = sent;
    this.#pending.remove(sent);
    if (unwritten !== undefined)
      this.#toWrite.add(this.#pending.add(unwritten, { group, isRepeat: true, mergeUntil }, stored));
  }
}
