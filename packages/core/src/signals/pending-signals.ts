import type { JournalEntry } from '../store/store.js';
import { buildSignal, signalToJournal, type SignalFacts } from './build-signal.js';
import { randomUuid } from './random-uuids.js';
import type { SignalKind } from './report.js';
import { Deferred } from './deferred.js';

/** A signal's worth in memory, beside its texts. */
const BYTES_PER_SIGNAL = 1_000;
/** What remembering a key takes, beside its text. */
const BYTES_PER_KEY = 80;

/** A signal of this process that waits. */
export interface PendingSignal {
  readonly uuid: string;
  /** Its kind, scenario and address: what is the same has the same. */
  readonly key: string;
  readonly kind: SignalKind;
  /** Told before, when the earlier telling could not be added to any more. */
  readonly isRepeat: boolean;
  /** Until when the same is merged into it, in ms since the epoch. */
  readonly mergeUntil: number;
  /** What it holds in memory, roughly. */
  bytes: number;
  facts: SignalFacts;
  /** What the journal does not have yet: all of it, what was merged in since it was written, or nothing. */
  unwritten: SignalFacts | undefined;
  state: 'new' | 'journaled' | 'on-its-way';
  stored: Deferred;
}

/** The signals of this process that wait, and which of them may be dropped for others. The caller that adds them enforces the limits. */
export class PendingSignals {
  /** Oldest first. */
  readonly #waiting = new Map<string, PendingSignal>();
  /** The last signal of each key, of those that wait. */
  readonly #latest = new Map<string, PendingSignal>();
  /** The keys of signals that were reported before and no longer wait, oldest first: they identify repetitions. */
  readonly #told = new Set<string>();
  readonly #repeatedWhispers = new Set<PendingSignal>();
  readonly #firstWhispers = new Set<PendingSignal>();
  readonly #keysKept: number;
  #bytes = 0;
  #unwritten = 0;

  /** @param keysKept how many keys are remembered of signals that no longer wait; the oldest is forgotten first */
  constructor(keysKept: number) {
    this.#keysKept = keysKept;
  }

  /** What they hold in memory, roughly. */
  get bytes(): number {
    return this.#bytes;
  }

  /** How many are not in the journal yet. */
  get unwritten(): number {
    return this.#unwritten;
  }

  get oldest(): PendingSignal | undefined {
    for (const waiting of this.#waiting.values()) return waiting;
    return undefined;
  }

  has(waiting: PendingSignal): boolean {
    return this.#waiting.has(waiting.uuid);
  }

  get(uuid: string): PendingSignal | undefined {
    return this.#waiting.get(uuid);
  }

  /** The last pending signal with this key. */
  latest(key: string): PendingSignal | undefined {
    return this.#latest.get(key);
  }

  /** Whether this was reported before, as far as it is remembered. */
  wasTold(key: string): boolean {
    return this.#latest.has(key) || this.#told.has(key);
  }

  /** Whether the pending signals stay within this number of bytes if the facts of a signal are replaced by these. */
  hasRoomFor(facts: SignalFacts, instead: PendingSignal, mostBytes: number): boolean {
    const more = bytesOf(facts) - instead.bytes;
    return more <= 0 || this.#bytes + more <= mostBytes;
  }

  /** More was merged into a signal: it may hold more in memory. */
  merged(waiting: PendingSignal, facts: SignalFacts): void {
    waiting.facts = facts;
    const bytes = bytesOf(facts);
    this.#bytes += bytes - waiting.bytes;
    waiting.bytes = bytes;
  }

  /** Forgets the oldest key, to make room; false when there is none. */
  forgetOldest(): boolean {
    for (const key of this.#told) {
      this.#forget(key);
      return true;
    }
    return false;
  }

  /** Lets a signal in, not journaled yet. */
  admit(
    facts: SignalFacts,
    about: Pick<PendingSignal, 'key' | 'kind' | 'isRepeat' | 'mergeUntil'>,
    stored = new Deferred(),
  ): PendingSignal {
    const { key, kind, isRepeat, mergeUntil } = about;
    // One by one: a literal that starts with a spread takes ten times as long, and requests wait for this.
    const waiting: PendingSignal = {
      key,
      kind,
      isRepeat,
      mergeUntil,
      uuid: randomUuid(),
      bytes: bytesOf(facts),
      facts,
      unwritten: facts,
      state: 'new',
      stored,
    };
    this.#waiting.set(waiting.uuid, waiting);
    this.#forget(key);
    this.#latest.set(key, waiting);
    if (waiting.kind === 'whisper') (waiting.isRepeat ? this.#repeatedWhispers : this.#firstWhispers).add(waiting);
    this.#bytes += waiting.bytes;
    this.#unwritten += 1;
    return waiting;
  }

  journaled(waiting: PendingSignal): void {
    if (waiting.state !== 'new') return;
    waiting.state = 'journaled';
    this.#unwritten -= 1;
  }

  /** It waits no more, whatever the reason. */
  leave(waiting: PendingSignal): void {
    if (!this.#waiting.delete(waiting.uuid)) return;
    this.#repeatedWhispers.delete(waiting);
    this.#firstWhispers.delete(waiting);
    this.#bytes -= waiting.bytes;
    if (this.#latest.get(waiting.key) === waiting) this.#remember(waiting.key);
    if (waiting.state === 'new') this.#unwritten -= 1;
    // Nothing can be merged into it.
    waiting.state = 'on-its-way';
  }

  /** Whose place an incoming signal may take: a first whisper that of a repeated one, a decision that of any whisper. */
  whisperToEvict(incoming: Pick<PendingSignal, 'kind' | 'isRepeat'>): PendingSignal | undefined {
    const repeated =
      incoming.kind === 'whisper' && incoming.isRepeat ? undefined : oldestNotBeingSent(this.#repeatedWhispers);
    return repeated ?? (incoming.kind === 'decision' ? oldestNotBeingSent(this.#firstWhispers) : undefined);
  }

  /** The oldest that are in the journal and not on their way. */
  oldestJournaled(limit: number): string[] {
    const oldest: string[] = [];
    for (const { uuid, state } of this.#waiting.values()) {
      if (oldest.length >= limit) break;
      if (state === 'journaled') oldest.push(uuid);
    }
    return oldest;
  }

  #remember(key: string): void {
    this.#latest.delete(key);
    this.#told.add(key);
    this.#bytes += bytesOfKey(key);
    if (this.#told.size > this.#keysKept) this.forgetOldest();
  }

  #forget(key: string): void {
    if (this.#told.delete(key)) this.#bytes -= bytesOfKey(key);
  }
}

/** The entry of a signal in the journal. */
export function entryOf({ facts, uuid }: PendingSignal): JournalEntry {
  return { id: uuid, value: signalToJournal(buildSignal(facts, uuid)) };
}

/** The oldest that is not on its way to CAPI. */
function oldestNotBeingSent(whispers: ReadonlySet<PendingSignal>): PendingSignal | undefined {
  for (const waiting of whispers) if (waiting.state !== 'on-its-way') return waiting;
  return undefined;
}

function bytesOf({ message, context }: SignalFacts): number {
  let bytes = BYTES_PER_SIGNAL + 2 * (message?.length ?? 0);
  for (const [key, value] of context) bytes += 2 * (key.length + value.length);
  return bytes;
}

function bytesOfKey(key: string): number {
  return BYTES_PER_KEY + 2 * key.length;
}
