import type { JournalEntry } from '../store/store.js';
import { buildSignal, signalToJournal, type SignalFacts } from './build-signal.js';
import { randomUuid } from './random-uuids.js';
import type { SignalKind } from './report.js';
import { Deferred } from './deferred.js';

/** A signal's worth in memory, beside its texts. */
const BYTES_PER_SIGNAL = 1_000;
/** What remembering a key takes, beside its text. */
const BYTES_PER_KEY = 80;

/** The pending signals of one kind and scenario. */
export interface SignalGroup {
  readonly kind: SignalKind;
  readonly scenario: string;
  /** The last one about each address or range, by its canonical spelling. */
  readonly latest: Map<string, PendingSignal>;
}

/** A signal of this process that waits. */
export interface PendingSignal {
  readonly uuid: string;
  /** What is the same is in the same group, and about the same address. */
  readonly group: SignalGroup;
  /** The same was reported before, in a signal into which nothing could be merged any more. */
  readonly isRepeat: boolean;
  /** Until when the same is merged into it, in ms since the epoch. */
  readonly mergeUntil: number;
  /** What it holds in memory, roughly. */
  bytes: number;
  facts: SignalFacts;
  /** What the journal does not have yet: all of it, what was merged in since it was written, or nothing. */
  unwritten: SignalFacts | undefined;
  state: 'new' | 'journaled' | 'in-flight';
  stored: Deferred;
}

/** The signals of this process that wait, and which of them may be dropped for others. The caller that adds them enforces the limits. */
export class PendingSignals {
  /** Oldest first. */
  readonly #waiting = new Map<string, PendingSignal>();
  /** By scenario: as many as are declared. */
  readonly #groups = { decision: new Map<string, SignalGroup>(), whisper: new Map<string, SignalGroup>() };
  /** The keys of signals that were reported before and no longer wait, oldest first: they identify repetitions. */
  readonly #reportedKeys = new Set<string>();
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

  group(kind: SignalKind, scenario: string): SignalGroup {
    const groups = this.#groups[kind];
    let group = groups.get(scenario);
    if (group === undefined) groups.set(scenario, (group = { kind, scenario, latest: new Map() }));
    return group;
  }

  /** Whether this was reported before, as far as it is remembered. */
  wasReported(group: SignalGroup, value: string): boolean {
    return group.latest.has(value) || (this.#reportedKeys.size > 0 && this.#reportedKeys.has(keyOf(group, value)));
  }

  /** Whether the pending signals stay within this number of bytes if the facts of a signal are replaced by these. */
  hasRoomFor(facts: SignalFacts, replaced: PendingSignal, maxBytes: number): boolean {
    const more = bytesOf(facts) - replaced.bytes;
    return more <= 0 || this.#bytes + more <= maxBytes;
  }

  /** More was merged into a signal: it may hold more in memory. */
  replaceFacts(waiting: PendingSignal, facts: SignalFacts): void {
    waiting.facts = facts;
    const bytes = bytesOf(facts);
    this.#bytes += bytes - waiting.bytes;
    waiting.bytes = bytes;
  }

  /** Forgets the oldest key, to make room; false when there is none. */
  forgetOldestKey(): boolean {
    for (const key of this.#reportedKeys) {
      this.#forgetKey(key);
      return true;
    }
    return false;
  }

  /** Lets a signal in, not journaled yet. */
  add(
    facts: SignalFacts,
    about: Pick<PendingSignal, 'group' | 'isRepeat' | 'mergeUntil'>,
    stored = new Deferred(),
  ): PendingSignal {
    const { group, isRepeat, mergeUntil } = about;
    // One by one: a literal that starts with a spread takes ten times as long, and requests wait for this.
    const waiting: PendingSignal = {
      group,
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
    if (this.#reportedKeys.size > 0) this.#forgetKey(keyOf(group, facts.value));
    group.latest.set(facts.value, waiting);
    if (group.kind === 'whisper') (waiting.isRepeat ? this.#repeatedWhispers : this.#firstWhispers).add(waiting);
    this.#bytes += waiting.bytes;
    this.#unwritten += 1;
    return waiting;
  }

  markJournaled(waiting: PendingSignal): void {
    if (waiting.state !== 'new') return;
    waiting.state = 'journaled';
    this.#unwritten -= 1;
  }

  /** It waits no more, whatever the reason. */
  remove(waiting: PendingSignal): void {
    if (!this.#waiting.delete(waiting.uuid)) return;
    this.#repeatedWhispers.delete(waiting);
    this.#firstWhispers.delete(waiting);
    this.#bytes -= waiting.bytes;
    const { latest } = waiting.group;
    if (latest.get(waiting.facts.value) === waiting) {
      latest.delete(waiting.facts.value);
      this.#rememberKey(keyOf(waiting.group, waiting.facts.value));
    }
    if (waiting.state === 'new') this.#unwritten -= 1;
    // Nothing can be merged into it.
    waiting.state = 'in-flight';
  }

  /** Whose place an incoming signal may take: a first whisper that of a repeated one, a decision that of any whisper. */
  whisperToEvict(incoming: Pick<PendingSignal, 'group' | 'isRepeat'>): PendingSignal | undefined {
    const { kind } = incoming.group;
    const repeated = kind === 'whisper' && incoming.isRepeat ? undefined : oldestNotBeingSent(this.#repeatedWhispers);
    return repeated ?? (kind === 'decision' ? oldestNotBeingSent(this.#firstWhispers) : undefined);
  }

  /** The oldest that are in the journal and not in flight. */
  oldestJournaled(limit: number): string[] {
    const oldest: string[] = [];
    for (const { uuid, state } of this.#waiting.values()) {
      if (oldest.length >= limit) break;
      if (state === 'journaled') oldest.push(uuid);
    }
    return oldest;
  }

  #rememberKey(key: string): void {
    this.#reportedKeys.add(key);
    this.#bytes += bytesOfKey(key);
    if (this.#reportedKeys.size > this.#keysKept) this.forgetOldestKey();
  }

  #forgetKey(key: string): void {
    if (this.#reportedKeys.delete(key)) this.#bytes -= bytesOfKey(key);
  }
}

/** The entry of a signal in the journal. */
export function entryOf({ facts, uuid }: PendingSignal): JournalEntry {
  return { id: uuid, value: signalToJournal(buildSignal(facts, uuid)) };
}

/** The oldest that is not in flight. */
function oldestNotBeingSent(whispers: ReadonlySet<PendingSignal>): PendingSignal | undefined {
  for (const waiting of whispers) if (waiting.state !== 'in-flight') return waiting;
  return undefined;
}

function bytesOf({ message, context }: SignalFacts): number {
  let bytes = BYTES_PER_SIGNAL + 2 * (message?.length ?? 0);
  for (const [key, value] of context) bytes += 2 * (key.length + value.length);
  return bytes;
}

/** What is remembered of a signal that no longer waits: its kind, scenario and address. */
function keyOf({ kind, scenario }: SignalGroup, value: string): string {
  return `${kind} ${scenario} ${value}`;
}

function bytesOfKey(key: string): number {
  return BYTES_PER_KEY + 2 * key.length;
}
