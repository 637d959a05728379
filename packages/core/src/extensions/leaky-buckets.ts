import { LATENESS_MS, type BucketRules, type Overflow, type Pour } from '../store/bucket-rules.js';
import { bucketRules, type BucketOptions } from './bucket-options.js';
import { TwoGenerationCache } from '../two-generation-cache.js';

/**
 * Leaky buckets, one for each group, as CrowdSec scenarios define them: an event leaks out every `leakspeed`; a bucket
 * that holds more than `capacity` overflows and is gone, its group silent for `blackhole`; one that has run empty
 * starts anew.
 *
 * ```ts
 * const failures = new LeakyBuckets({ capacity: 5, leakspeed: '10s', blackhole: '5m' });
 * const overflow = failures.pour({ group: groupByIp(ip), at: clock.now() });
 * ```
 *
 * Time is that of the events. They may come up to a minute late; one that is earlier than that, as after a clock was
 * set back, empties the bucket of its group.
 *
 * A group takes about 200 bytes, its name included; with distinct values 250 for the first and 390 for up to 17: at the
 * default bound 20 to 40 MB, whether a hundred thousand addresses are seen or a million. Of a value only a hash of 32
 * bits is kept.
 */
export class LeakyBuckets {
  readonly #rules: BucketRules;
  readonly #groups: TwoGenerationCache<Bucket>;
  /** Drawn for each, so that nobody knows which values would pass for one. */
  readonly #seed = (Math.random() * 2 ** 32) | 0;

  /**
   * @param path what the options are called in errors
   * @throws CrowdsecError `CROWDSEC_OPTION_INVALID` with the path of what is wrong
   */
  constructor(options: BucketOptions, path = 'options') {
    this.#rules = bucketRules(options, path);
    const { capacity, leakMs, blackholeMs, maxGroups } = this.#rules;
    const longestMs = Math.max((capacity + 1) * leakMs, blackholeMs) + 2 * LATENESS_MS;
    this.#groups = new TwoGenerationCache(maxGroups, longestMs);
  }

  /**
   * How many groups are kept: those with something in their bucket, those that are silent, and for a while those that
   * no longer are.
   */
  get size(): number {
    return this.#groups.size;
  }

  /** Counts an event; what overflowed by it, if something did. */
  pour({ group, at, distinct }: Pour): Overflow | undefined {
    const { capacity, leakMs, blackholeMs } = this.#rules;
    const bucket = this.#bucketOf(group, at);
    if (bucket.isSilent) return undefined;
    if (distinct !== undefined && !addValue(bucket, leakMs, hash(distinct, this.#seed))) return undefined;
    bucket.firstAt = Math.min(bucket.firstAt, at);
    bucket.eventCount++;
    bucket.emptyAt += leakMs;
    if (bucket.emptyAt - bucket.lastAt <= capacity * leakMs) return undefined;
    const { eventCount, firstAt: startAt } = bucket;
    if (blackholeMs === 0) this.#groups.delete(group);
    bucket.isSilent = true;
    bucket.values = undefined;
    return { eventCount, startAt };
  }

  /** The bucket of a group as it is at this moment, emptied where that is due. */
  #bucketOf(group: string, at: number): Bucket {
    const found = this.#groups.get(group, at);
    if (found === undefined) {
      const bucket = { firstAt: at, lastAt: at, emptyAt: at, eventCount: 0, isSilent: false, values: undefined };
      this.#groups.add(group, bucket, at);
      return bucket;
    }
    const isSetBack = at < found.lastAt - LATENESS_MS;
    const now = isSetBack ? at : Math.max(at, found.lastAt);
    const endsAt = found.isSilent ? found.lastAt + this.#rules.blackholeMs : found.emptyAt;
    if (isSetBack || now >= endsAt) empty(found, now);
    // What is silent stays so from the overflow on, whatever comes meanwhile.
    if (!found.isSilent) found.lastAt = now;
    return found;
  }
}

/** How full a bucket is follows from when it will be empty: an event makes that one leak later. */
interface Bucket {
  firstAt: number;
  /** The newest event or, of a silent one, the overflow. */
  lastAt: number;
  emptyAt: number;
  eventCount: number;
  isSilent: boolean;
  /** Hashes of the values in the bucket, oldest first; some before them may have leaked out already. */
  values: number[] | undefined;
}

function empty(bucket: Bucket, now: number): void {
  bucket.firstAt = bucket.lastAt = bucket.emptyAt = now;
  bucket.eventCount = 0;
  bucket.isSilent = false;
  bucket.values = undefined;
}

/** False when the value is in the bucket already. */
function addValue(bucket: Bucket, leakMs: number, value: number): boolean {
  const held = Math.ceil((bucket.emptyAt - bucket.lastAt) / leakMs);
  if (bucket.values === undefined) {
    bucket.values = [value];
    return true;
  }
  if (bucket.values.length > held) bucket.values.splice(0, bucket.values.length - held);
  if (bucket.values.includes(value)) return false;
  bucket.values.push(value);
  return true;
}

/** FNV-1a from a seed. */
function hash(text: string, seed: number): number {
  let value = seed;
  for (let i = 0; i < text.length; i++) value = Math.imul(value ^ text.charCodeAt(i), 0x0100_0193);
  return value;
}
