import type { Clock } from '../clock.js';
import { CrowdsecError } from '../errors.js';
import { words } from '../ip/parse.js';
import { formatPrefix, type IpPrefix, parsePrefix } from '../ip/prefix.js';
import { Outline } from './outline.js';

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

/**
 * What this installation decided itself: a small overlay beside the index, effective at once. Bounded: when it is
 * full, what ends first goes first.
 *
 * A lookup looks whether anything was decided in that part of the address space; only then it tries one hash per prefix
 * length in use, most often one.
 */
export class LocalDecisions {
  readonly #limit: number;
  readonly #entries = new Map<string, Entry>();
  /** Entries by the hash of their prefix. */
  readonly #buckets = new Map<number, Entry[]>();
  readonly #lengths = { 4: new LengthCounts(), 6: new LengthCounts() };
  readonly #outlines = { 4: Outline.blank(1, PLACE_BITS), 6: Outline.blank(4, PLACE_BITS) };
  /** How many decisions that are no longer held have left marks in `#outlines`. */
  #gone = 0;

  /** @param options.limit how many entries are held at most */
  constructor(options: { readonly limit?: number } = {}) {
    this.#limit = options.limit ?? 10_000;
  }

  /** How many are held, those that have ended or were lifted since included. */
  get size(): number {
    return this.#entries.size;
  }

  /**
   * Decides, or decides anew, about an address or range.
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
    this.#put(entry, now);
    return entry;
  }

  /** Lifts the decision about exactly this address or range; `undefined` if there is none in force. */
  remove(value: string, now: number): LocalDecision | undefined {
    const held = this.of(formatPrefix(prefixOf(value)), now);
    if (held === undefined) return undefined;
    const lifted = { ...held, updatedAt: now, lifted: true };
    this.#put(lifted, now);
    return lifted;
  }

  /** The decision in force about exactly this value, in canonical spelling. */
  of(value: string, now: number): LocalDecision | undefined {
    const decision = this.#entries.get(value)?.decision;
    return decision !== undefined && !decision.lifted && decision.expiresAt > now ? decision : undefined;
  }

  /** Takes what another process decided or lifted: of two about the same value, the later one stays. */
  merge(decisions: Iterable<LocalDecision>, now: number): void {
    for (const decision of decisions) {
      const held = this.#entries.get(decision.value)?.decision;
      const isNewer = held === undefined || held.updatedAt < decision.updatedAt;
      if (isNewer && decision.expiresAt > now && parsePrefix(decision.value)) this.#put(decision, now);
    }
  }

  /** All that are not over, lifted ones included: what other processes must know. */
  entries(now: number): readonly LocalDecision[] {
    return [...this.#entries.values()].map(({ decision }) => decision).filter(({ expiresAt }) => expiresAt > now);
  }

  /**
   * The decision of the best rank about the address read last by `ip/parse`. A miss allocates nothing and reads no
   * clock.
   */
  find(family: 4 | 6, rankOf: (type: string) => number, clock: Clock): LocalDecision | undefined {
    return this.#outlines[family].find(words[0]! | 0) < 0 ? undefined : this.#search(family, rankOf, clock);
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
    return [...this.#entries.values()]
      .filter(({ prefix, decision }) => !decision.lifted && decision.expiresAt > now && holdsWords(prefix, family))
      .sort((a, b) => b.prefix.length - a.prefix.length)
      .map(({ decision }) => decision);
  }

  #put(decision: LocalDecision, now: number): void {
    this.#drop(decision.value);
    if (this.#entries.size >= this.#limit) this.#makeRoom(now);
    const prefix = prefixOf(decision.value);
    const hash = hashOf(Uint32Array.from(prefix.words), prefix.family, prefix.length);
    const entry = { decision, prefix, hash };
    this.#entries.set(decision.value, entry);
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
    if (++this.#gone > this.#limit) this.#markAnew();
  }

  #mark({ family, words: [word], length }: IpPrefix): void {
    this.#outlines[family].mark(word!, length);
  }

  #markAnew(): void {
    this.#gone = 0;
    for (const outline of Object.values(this.#outlines)) outline.clear();
    for (const { prefix } of this.#entries.values()) this.#mark(prefix);
  }

  #makeRoom(now: number): void {
    let first: LocalDecision | undefined;
    for (const { decision } of this.#entries.values()) {
      if (decision.expiresAt <= now) this.#drop(decision.value);
      else if (first === undefined || decision.expiresAt < first.expiresAt) first = decision;
    }
    if (this.#entries.size >= this.#limit && first !== undefined) this.#drop(first.value);
  }
}

/** As many places as fit a processor's nearest cache. */
const PLACE_BITS = 16;

interface Entry {
  readonly decision: LocalDecision;
  readonly prefix: IpPrefix;
  readonly hash: number;
}

/** Which prefix lengths are in use, the longest first. */
class LengthCounts {
  inUse: readonly number[] = [];
  readonly #counts = new Uint32Array(129);

  add(length: number): void {
    if (this.#counts[length]!++ === 0) this.inUse = [...this.inUse, length].sort((a, b) => b - a);
  }

  remove(length: number): void {
    const left = this.#counts[length]! - 1;
    this.#counts[length] = left;
    if (left === 0) this.inUse = this.inUse.filter((other) => other !== length);
  }
}

/** A hash of the first `length` bits of an address. */
function hashOf(address: Uint32Array, family: 4 | 6, length: number): number {
  let hash = length;
  for (let i = 0, left = length; left > 0; i++, left -= 32) {
    const word = left >= 32 ? address[i]! : address[i]! & (-1 << (32 - left));
    hash = Math.imul(hash ^ word, 0x9e37_79b1) ^ (hash >>> 15);
  }
  return hash ^ family;
}

function holdsWords(prefix: IpPrefix, family: 4 | 6): boolean {
  if (prefix.family !== family) return false;
  for (let i = 0, left = prefix.length; left > 0; i++, left -= 32) {
    const differing = prefix.words[i]! ^ words[i]!;
    if (left >= 32 ? differing !== 0 : differing >>> (32 - left) !== 0) return false;
  }
  return true;
}

function prefixOf(value: string): IpPrefix {
  const prefix = parsePrefix(value);
  if (prefix === undefined) throw invalid('value', `"${value}" is neither an IP address nor a CIDR`);
  return prefix;
}

function invalid(path: string, message: string): CrowdsecError {
  return new CrowdsecError('CROWDSEC_OPTION_INVALID', `${path}: ${message}`, { path });
}
