import type { Clock } from '../clock.js';
import { CrowdsecError } from '../errors.js';
import { words } from '../ip/parse.js';
import { formatPrefix, type IpPrefix, parsePrefix } from '../ip/prefix.js';
import { ExpiryHeap } from './expiry-heap.js';
import { PrefixBitmap } from './prefix-bitmap.js';
import { hashOf, holdsWords, LengthCounts } from './prefix-hash.js';

/** A decision of this installation about one address or range. */
export interface LocalDecision {
  /** Canonical address or CIDR. There is one decision about each: the last one written. */
  readonly value: string;
  /** `ban`, `captcha` or a type of its own, in lower case. */
  readonly type: string;
  readonly scenario: string;
  /** In ms since the epoch. */
  readonly expiresAt: number;
  /** When it was decided or lifted, in ms since the epoch: of two writers, the later one wins. */
  readonly updatedAt: number;
  /** It was lifted before its time. It is remembered until then, so that no other process brings it back. */
  readonly lifted: boolean;
}

export interface LocalDecisionInput {
  /** An address or a CIDR in any legal spelling. */
  readonly value: string;
  readonly type: string;
  /** More than zero. */
  readonly durationMs: number;
  readonly scenario: string;
}

export const LOCAL_ORIGIN = 'crowdsec';

/** How many local decisions are held unless the options say otherwise. */
export const DEFAULT_LOCAL_LIMIT = 50_000;

/**
 * What this installation decided itself: a small overlay beside the index, effective at once. Bounded: when it is
 * full, the decision that expires first is evicted, and a listener is called.
 *
 * A lookup looks whether anything was decided in that part of the address space; only then it tries one hash per prefix
 * length in use, most often one.
 */
export class LocalDecisions {
  /** How many decisions are held at most. */
  readonly limit: number;
  readonly #evicted: (decision: LocalDecision) => void;
  readonly #entries = new Map<string, Entry>();
  /** Entries by the hash of their prefix. */
  readonly #buckets = new Map<number, Entry[]>();
  readonly #lengths = { 4: new LengthCounts(), 6: new LengthCounts() };
  readonly #bitmaps = { 4: PrefixBitmap.blank(1, BITMAP_BITS), 6: PrefixBitmap.blank(4, BITMAP_BITS) };
  /** How many decisions that are no longer held have left marks in `#bitmaps`. */
  #staleMarks = 0;
  /** By their ends; entries that are no longer held are passed over. */
  readonly #byEnd = new ExpiryHeap<LocalDecision>();
  /** What was decided or lifted here and is not stored. */
  readonly #unstored = new Set<string>();
  #evictedCount = 0;

  /**
   * @param options.limit how many entries are held at most
   * @param options.evicted called for each decision in force that was evicted
   */
  constructor(options: { readonly limit?: number; readonly evicted?: (decision: LocalDecision) => void } = {}) {
    this.limit = options.limit ?? DEFAULT_LOCAL_LIMIT;
    this.#evicted = options.evicted ?? ((): void => undefined);
  }

  /** How many decisions in force have made room for others in this process. */
  get evictedCount(): number {
    return this.#evictedCount;
  }

  /** Whether there is anything to store. */
  get hasUnstored(): boolean {
    return this.#unstored.size > 0;
  }

  /** How many are held, those that have ended or were lifted since included. */
  get size(): number {
    return this.#entries.size;
  }

  /**
   * Adds or replaces the decision about an address or range.
   *
   * @param now ms since the epoch
   * @throws CrowdsecError `CROWDSEC_OPTION_INVALID` for a value that is neither, or a duration of zero or less
   */
  add(input: LocalDecisionInput, now: number): LocalDecision {
    if (!(input.durationMs > 0)) throw invalid('durationMs', 'must be more than zero');
    const entry: LocalDecision = {
      value: formatPrefix(prefixOf(input.value)),
      type: input.type.toLowerCase(),
      scenario: input.scenario,
      expiresAt: Math.ceil(now + input.durationMs),
      updatedAt: now,
      lifted: false,
    };
    this.#put(entry, now, 0);
    this.#unstored.add(entry.value);
    return entry;
  }

  /** Lifts the decision about exactly this address or range; `undefined` if there is none in force. */
  remove(value: string, now: number): LocalDecision | undefined {
    const held = this.of(formatPrefix(prefixOf(value)), now);
    if (held === undefined) return undefined;
    const lifted = { ...held, updatedAt: now, lifted: true };
    this.#put(lifted, now, 0);
    this.#unstored.add(lifted.value);
    return lifted;
  }

  /** The decision in force about exactly this value, in canonical spelling. */
  of(value: string, now: number): LocalDecision | undefined {
    const decision = this.#entries.get(value)?.decision;
    return decision !== undefined && !decision.lifted && decision.expiresAt > now ? decision : undefined;
  }

  /**
   * Takes what another process decided or lifted: of two about the same value, the later one stays. A moment in the
   * future counts as now.
   *
   * @param place where it is stored, a number of at least 1
   */
  merge(decisions: Iterable<LocalDecision>, now: number, place = 1): void {
    for (const decision of decisions) {
      const entry = this.#entries.get(decision.value);
      if (!(decision.expiresAt > now) || !parsePrefix(decision.value)) continue;
      const taken = decision.updatedAt > now ? { ...decision, updatedAt: now } : decision;
      const order = entry === undefined ? 1 : compareWriting(taken, entry.decision);
      if (order === 0) this.stored([entry!.decision], place);
      if (order <= 0) continue;
      this.#put(taken, now, place);
      this.#unstored.delete(decision.value);
    }
  }

  /** What is not stored, lifted decisions included, one by one; those that are over are forgotten. */
  *unstored(now: number): Iterable<LocalDecision | undefined> {
    for (const value of this.#unstored) {
      const decision = this.#entries.get(value)?.decision;
      const isInForce = decision !== undefined && decision.expiresAt > now;
      if (!isInForce) this.#unstored.delete(value);
      yield isInForce ? decision : undefined;
    }
  }

  /** Marks these decisions as stored in this place, except those that were replaced meanwhile. */
  stored(decisions: Iterable<LocalDecision>, place: number): void {
    for (const decision of decisions) {
      const entry = this.#entries.get(decision.value);
      if (entry?.decision !== decision) continue;
      entry.place = place;
      this.#unstored.delete(decision.value);
    }
  }

  /** What is stored in these places is there no more, so that it has to be stored again. Each step handles one decision. */
  *lostPlaces(from: number, to: number): Iterable<undefined> {
    for (const entry of this.#entries.values()) {
      if (entry.place >= from && entry.place <= to) {
        entry.place = 0;
        this.#unstored.add(entry.decision.value);
      }
      yield undefined;
    }
  }

  /** What is stored in these places and not over, one by one. */
  *storedIn(from: number, to: number, now: number): Iterable<LocalDecision | undefined> {
    for (const { decision, place } of this.#entries.values())
      yield place >= from && place <= to && decision.expiresAt > now ? decision : undefined;
  }

  /** All that have not expired, lifted ones included: what other processes need. */
  entries(now: number): readonly LocalDecision[] {
    return [...this.#entries.values()].map(({ decision }) => decision).filter(({ expiresAt }) => expiresAt > now);
  }

  /**
   * The decision of the best rank about the address read last by `ip/parse`. A miss allocates nothing and reads no
   * clock.
   */
  find(family: 4 | 6, rankOf: (type: string) => number, clock: Clock): LocalDecision | undefined {
    return this.#bitmaps[family].find(words[0]! | 0) < 0 ? undefined : this.#search(family, rankOf, clock);
  }

  #search(family: 4 | 6, rankOf: (type: string) => number, clock: Clock): LocalDecision | undefined {
    let best: LocalDecision | undefined;
    for (const length of this.#lengths[family].inUse) {
      const bucket = this.#buckets.get(hashOf(words, family, length));
      if (bucket === undefined) continue;
      const now = clock.now();
      for (const { prefix, decision } of bucket) {
        if (decision.lifted || decision.expiresAt <= now || !holdsWords(prefix, family)) continue;
        if (best === undefined || rankOf(decision.type) < rankOf(best.type)) best = decision;
      }
    }
    return best;
  }

  /** All in force about the address read last by `ip/parse`, narrowest first. */
  matches(family: 4 | 6, now: number): readonly LocalDecision[] {
    return this.#lengths[family].inUse
      .flatMap((length) => this.#buckets.get(hashOf(words, family, length)) ?? [])
      .filter(({ prefix, decision }) => !decision.lifted && decision.expiresAt > now && holdsWords(prefix, family))
      .sort((a, b) => b.prefix.length - a.prefix.length)
      .map(({ decision }) => decision);
  }

  #put(decision: LocalDecision, now: number, place: number): void {
    this.#drop(decision.value);
    while (this.#entries.size >= this.limit) this.#evictFirstToExpire(now);
    const prefix = prefixOf(decision.value);
    const hash = hashOf(Uint32Array.from(prefix.words), prefix.family, prefix.length);
    const entry = { decision, prefix, hash, place };
    this.#entries.set(decision.value, entry);
    this.#byEnd.push(decision);
    this.#buckets.set(hash, [...(this.#buckets.get(hash) ?? []), entry]);
    this.#lengths[prefix.family].add(prefix.length);
    this.#mark(prefix);
  }

  #drop(value: string): void {
    const entry = this.#entries.get(value);
    if (entry === undefined) return;
    this.#entries.delete(value);
    const others = this.#buckets.get(entry.hash)!.filter((other) => other !== entry);
    if (others.length > 0) this.#buckets.set(entry.hash, others);
    else this.#buckets.delete(entry.hash);
    this.#lengths[entry.prefix.family].remove(entry.prefix.length);
    if (++this.#staleMarks > this.limit) this.#rebuildBitmaps();
  }

  #mark({ family, words: [word], length }: IpPrefix): void {
    this.#bitmaps[family].mark(word!, length);
  }

  #rebuildBitmaps(): void {
    this.#staleMarks = 0;
    for (const bitmap of Object.values(this.#bitmaps)) bitmap.clear();
    for (const { prefix } of this.#entries.values()) this.#mark(prefix);
    // Decisions that were replaced or dropped remain in the heap until then.
    this.#byEnd.reset([...this.#entries.values()].map(({ decision }) => decision));
  }

  /** Evicts the decision that expires first. */
  #evictFirstToExpire(now: number): void {
    const decision = this.#byEnd.pop();
    if (decision === undefined || this.#entries.get(decision.value)?.decision !== decision) return;
    this.#drop(decision.value);
    this.#unstored.delete(decision.value);
    if (decision.lifted || decision.expiresAt <= now) return;
    this.#evictedCount++;
    this.#evicted(decision);
  }
}

/** As many bits of an address as a bitmap may have to fit a processor's nearest cache. */
const BITMAP_BITS = 16;

interface Entry {
  readonly decision: LocalDecision;
  readonly prefix: IpPrefix;
  readonly hash: number;
  /** Where it is stored; 0 for nowhere. */
  place: number;
}

/** Which of two about the same value was written later; of equals that which every process picks; 0 for the same. */
function compareWriting(a: LocalDecision, b: LocalDecision): number {
  if (a.updatedAt !== b.updatedAt) return a.updatedAt - b.updatedAt;
  if (a.lifted !== b.lifted) return a.lifted ? 1 : -1;
  if (a.expiresAt !== b.expiresAt) return a.expiresAt - b.expiresAt;
  return a.type === b.type ? 0 : a.type < b.type ? 1 : -1;
}

function prefixOf(value: string): IpPrefix {
  const prefix = parsePrefix(value);
  if (prefix === undefined) throw invalid('value', `"${value}" is neither an IP address nor a CIDR`);
  return prefix;
}

function invalid(path: string, message: string): CrowdsecError {
  return new CrowdsecError('CROWDSEC_OPTION_INVALID', `${path}: ${message}`, { path });
}
