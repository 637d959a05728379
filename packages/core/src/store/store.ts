import type { BucketRules, Overflow, Pour } from './bucket-rules.js';

/** A value that JSON can hold. */
export type JsonValue = string | number | boolean | null | readonly JsonValue[] | { readonly [key: string]: JsonValue };

/**
 * What must be remembered: one port over keyv, scoped to one API root and one namespace. Two installations never see each
 * other's values; nothing is ever listed or cleared wholesale.
 *
 * Every call settles within the store's deadline; where a lot is moved (a large value, hundreds of entries), the deadline
 * counts for each piece of about 1 MiB. A store out of reach rejects with `CROWDSEC_STORE_UNAVAILABLE`, and so does a value
 * that cannot be read: `undefined` always means that there is none.
 * Correctness never rests on the store's own expiry, leases aside: deadlines live in values.
 */
export interface Store {
  /** What stands behind it, for people: `files in <folder>`, `keyv (redis)`, `memory`. */
  readonly description: string;
  /** Values outlive the process. Without that nothing registers, unless the user opts in. */
  readonly durable: boolean;
  /** Several processes see the same values, leases and journal. */
  readonly shared: boolean;
  /** A journal entry survives `kill -9` once `append` has resolved. */
  readonly crashSafe: boolean;
  /** Whether the call that settled last has worked; true before the first. Asking costs nothing. */
  readonly reachable: boolean;

  get(key: StoreKey): Promise<JsonValue | undefined>;
  put(key: StoreKey, value: JsonValue): Promise<void>;
  /** Removes a value, or a large one. */
  delete(key: StoreKey): Promise<void>;

  /** One large value, checked on the way back: a damaged or foreign one rejects with `CROWDSEC_STORE_UNAVAILABLE`. */
  getBlob(key: StoreKey): Promise<Blob | undefined>;
  /** Replaces a large value: after a crash, readers find the old one or the new one, whole. */
  putBlob(key: StoreKey, blob: Blob): Promise<void>;
  /** The version of a large value without its bytes, cheap enough to poll every few seconds. */
  blobVersion(key: StoreKey): Promise<string | undefined>;

  /**
   * Takes the named lease for `ttlMs`, or resolves `undefined` when somebody holds it. A holder that died delays the others
   * until its lease runs out, seconds rather than minutes.
   */
  lease(name: string, ttlMs: number): Promise<Lease | undefined>;

  /** Signals that wait to be sent, of all processes. */
  readonly journal: Journal;

  /**
   * Counts an event in a leaky bucket that all processes share, in one step; what overflowed by it, if something did. Only
   * Redis can: elsewhere this is missing, and buckets are those of a process.
   *
   * @param name whose buckets they are: the same in all processes, and always with the same rules
   */
  readonly pour?: (name: string, rules: BucketRules, event: Pour) => Promise<Overflow | undefined>;

  /** Stops watching and releases what this process holds. The Keyv instance that the user gave stays open. */
  close(): Promise<void>;
}

/** The keys of the house, one line each: what is not here is not stored. */
export type StoreKey =
  | 'credentials' // machine id, password, pending or validated
  | 'token' // the JWT, its expiry and the scenario set it was given for
  | 'session' // login and registration budgets, stops
  | 'decisions' // the snapshot blob, with the time of the pull in it
  | 'local-decisions' // what this installation decided itself, a blob
  | 'refresh' // failures in a row, when the next pull may be tried
  | 'signals' // when the last call was, backoff
  | 'poisoned' // signals that CAPI refused
  | `extension:${string}`;

/** Bytes with a small head that belongs to them: both are written at once. */
export interface Blob {
  readonly head: JsonValue;
  /**
   * The bytes, in as many pieces as suits the writer. A reader gets one piece that has an `ArrayBuffer` to itself, so that
   * typed arrays can be laid over it.
   */
  readonly chunks: readonly Uint8Array[];
}

/** Somebody's turn. */
export interface Lease {
  /** Grows with each holder of the lease: the fencing token. */
  readonly token: number;
  /** How long the lease is still held, in ms, by monotonic time; 0 or less when it has run out. */
  remainingMs(): number;
  /** Asks the store whether the lease is still ours. */
  held(): Promise<boolean>;
  /** Prolongs the lease to `ttlMs` from now; false when it was lost. */
  renew(ttlMs: number): Promise<boolean>;
  /** Writes only if the lease is still ours, else rejects with `CROWDSEC_LEASE_BUSY`. */
  put(key: StoreKey, value: JsonValue): Promise<void>;
  /** As {@link Store.putBlob}, only if the lease is still ours, else rejects with `CROWDSEC_LEASE_BUSY`. */
  putBlob(key: StoreKey, blob: Blob): Promise<void>;
  release(): Promise<void>;
}

export interface JournalEntry {
  /** Unique: an entry appended again under its id replaces the older one. */
  readonly id: string;
  readonly value: JsonValue;
  /** Which of the values that it has had this is: on entries that were read. */
  readonly revision?: string;
}

/**
 * The durable queue of signals: what is appended stays, in order of arrival, until it is acknowledged. All processes on one
 * store share it, so the signals of a process that died are sent by the others.
 */
export interface Journal {
  append(entries: readonly JournalEntry[]): Promise<void>;
  /** The oldest entries, at most `limit`. */
  read(limit: number): Promise<readonly JournalEntry[]>;
  /**
   * Takes entries out, as they were read: one that has been replaced since then stays. An entry without a revision goes
   * whatever its value is by now.
   */
  acknowledge(entries: readonly JournalEntry[]): Promise<void>;
  /** Gives entries that still wait new values, in their places. Resolves the ids of those that no longer wait: they do not come back. */
  replace(entries: readonly JournalEntry[]): Promise<readonly string[]>;
  /** Those of these ids that still wait. */
  waiting(ids: readonly string[]): Promise<readonly string[]>;
  /** How many entries wait. */
  size(): Promise<number>;
}
