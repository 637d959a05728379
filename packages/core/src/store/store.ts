import type { BucketRules, Overflow, Pour } from './bucket-rules.js';

/** A value that JSON can hold. */
export type JsonValue = string | number | boolean | null | readonly JsonValue[] | { readonly [key: string]: JsonValue };

/**
 * What must be remembered: one port over keyv, scoped to one API root and one namespace. Two installations never see each
 * other's values; nothing is ever listed or cleared wholesale.
 *
 * Every call settles within the store's deadline; where a lot is moved (a large value, hundreds of entries), the deadline
 * counts for each piece of about 1 MiB. Before the first call the code of a Redis client may be loaded, which is not counted and takes half
 * a minute at most. A store out of reach rejects with `CROWDSEC_STORE_UNAVAILABLE`, and so does a value
 * that cannot be read: `undefined` always means that there is none.
 * Correctness never rests on the store's own expiry, leases aside: deadlines live in values.
 */
export interface Store {
  /** A description for people: `files in <folder>`, `keyv (redis)`, `memory`. */
  readonly description: string;
  /** Values outlive the process. Without that nothing registers, unless the user opts in. */
  readonly durable: boolean;
  /** Several processes see the same values, leases and journal. */
  readonly shared: boolean;
  /** Processes on several hosts may use it, over a network: somebody may empty it while they run (`FLUSHALL`). */
  readonly networked: boolean;
  /** A journal entry survives `kill -9` once `append` has resolved. */
  readonly crashSafe: boolean;
  /** Whether the store answered the call that settled last; true before the first. Asking costs nothing. */
  readonly reachable: boolean;
  /**
   * Whether the last write was taken; true before the first. A full or read-only store still answers reads, so that
   * these do not change it. Asking costs nothing.
   */
  readonly writable: boolean;
  /** What is wrong now, worst first. Asking costs nothing. */
  readonly problems: readonly StoreProblem[];

  /**
   * Reads a value and distinguishes a damaged one from a missing one. What is damaged is set aside and logged once, see
   * {@link STATE_KINDS}.
   *
   * @param parse makes the value of what was stored; `undefined`, or whatever it throws, means that it is damaged
   * @throws CrowdsecError `CROWDSEC_STORE_UNAVAILABLE` when the store does not answer, or an identity is damaged
   */
  read<T>(key: StoreKey, parse: (value: JsonValue) => T | undefined): Promise<StoredValue<T>>;
  /** As {@link Store.read}, for a large value. From then on {@link Store.blobVersion} knows no damaged one. */
  readBlob<T>(key: StoreKey, parse: (blob: Blob) => T | undefined | Promise<T | undefined>): Promise<StoredBlob<T>>;

  /** The value, unchecked; a damaged cache is `undefined`, and a damaged budget or identity rejects. */
  get(key: StoreKey): Promise<JsonValue | undefined>;
  put(key: StoreKey, value: JsonValue): Promise<void>;
  /** Removes a value, or a large one. */
  delete(key: StoreKey): Promise<void>;

  /** One large value, checked on the way back: a damaged or foreign one rejects with `CROWDSEC_STORE_UNAVAILABLE`. */
  getBlob(key: StoreKey): Promise<Blob | undefined>;
  /** Replaces a large value: after a crash, readers find the old one or the new one, whole. */
  putBlob(key: StoreKey, blob: Blob): Promise<void>;
  /** The version of a large value without its bytes, cheap enough to poll every few seconds; `undefined` also for a damaged one. */
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

  /**
   * Marks a name as used for `ttlMs`, or resolves false when somebody has: what all processes together may do once. Missing where
   * processes do not share the store.
   */
  readonly claim?: (name: string, ttlMs: number) => Promise<boolean>;

  /** Writes a few bytes and removes them: tells whether the store takes writes, when nothing else has been written lately. */
  probe(): Promise<void>;

  /** Stops watching and releases what this process holds. The Keyv instance that the user gave stays open. */
  close(): Promise<void>;
}

/**
 * What is stored, and of which kind each key is: what is not here is not stored. The kind says what becomes of a value that
 * cannot be read, because it was cut off, emptied, overwritten or is of the wrong type:
 *
 * - `identity`: it is never guessed, replaced or overwritten. Reading and writing it reject until somebody restores or
 *   deletes it.
 * - `budget`: what it counted is unknown, so its reader must take it as spent for its whole window and write that down.
 * - `cache`: it can be asked for or gathered again. It counts as absent.
 *
 * A copy of a damaged budget or cache is kept beside it (`<key>.json.damaged-<time>` in files, `<key>:damaged-<day>` for 30
 * days in Redis). The damaged value itself stays until the next write, so that every process finds it and none
 * takes a damaged budget for an absent one.
 */
export const STATE_KINDS = {
  /** Machine id, password, pending or validated. */
  credentials: 'identity',
  /** The JWT, its expiry and the scenario set it was given for. */
  token: 'cache',
  /** Login and registration budgets, stops. */
  session: 'budget',
  /** The machine that running processes use, and when they did. */
  'machine-in-use': 'cache',
  /** Which applications use the namespace, and when each was last seen. */
  applications: 'cache',
  /** The snapshot blob; its head holds the time of the pull, and is still told when only the bytes are damaged. */
  decisions: 'cache',
  /** What this installation decided itself: a list of the blobs `local-decisions:<id>` that hold it. */
  'local-decisions': 'cache',
  /** What LAPI decided: a list of the blobs `lapi-decisions:<id>` that hold it. */
  'lapi-decisions': 'cache',
  /** What the process that pulls LAPI publishes for the others: the time of the last answer, and problems. */
  'lapi-puller': 'cache',
  /** Failures in a row, when the next pull may be tried. */
  refresh: 'budget',
  /** When the last call with signals was, backoff. */
  signals: 'budget',
  /** When usage metrics about the software were last sent to CAPI. */
  metrics: 'cache',
  /** The second in which usage metrics were last sent, so that no two processes use the same. */
  'usage-metrics': 'cache',
  /** Signals that CAPI refused. */
  poisoned: 'cache',
  /** What the passes and challenges of the captcha are signed with. */
  'captcha-keys': 'cache',
  /** What an extension stores, as `extension:<name>/<key>`. */
  extension: 'cache',
} as const satisfies Readonly<Record<string, StateKind>>;

/** What becomes of a stored value that cannot be read, see {@link STATE_KINDS}. */
export type StateKind = 'identity' | 'budget' | 'cache';

/** A key of {@link STATE_KINDS}; the part after a colon names one of several values of that kind. */
export type StoreKey =
  | keyof typeof STATE_KINDS
  | `extension:${string}`
  | `local-decisions:${string}`
  | `lapi-decisions:${string}`;

/** The kind of a key. */
export function stateKindOf(key: StoreKey): StateKind {
  return STATE_KINDS[key.split(':', 1)[0] as keyof typeof STATE_KINDS];
}

/** What reading a value found. `damaged` never means that there was nothing: see {@link STATE_KINDS}. */
export type StoredValue<T> =
  | { readonly state: 'present'; readonly value: T }
  | { readonly state: 'absent' }
  | { readonly state: 'damaged'; readonly reason: string };

/** What reading a large value found. */
export type StoredBlob<T> =
  | { readonly state: 'present'; readonly value: T }
  | { readonly state: 'absent' }
  /**
   * `head` is there when only the bytes are damaged, or refused by the parser. `isNewer`: a newer version of this package wrote it, in a
   * format that this one does not know.
   */
  | { readonly state: 'damaged'; readonly reason: string; readonly head?: JsonValue; readonly isNewer?: true };

/** What is wrong with the store as a whole, for health. */
export interface StoreProblem {
  readonly code: 'CROWDSEC_STORE_UNAVAILABLE' | 'STORE_NOT_WRITABLE' | 'STORE_DAMAGED';
  /** What it means and what to do. */
  readonly message: string;
}

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
  /**
   * The oldest entries, at most `limit`. What is damaged is set aside, counted and left out.
   *
   * @param accepts whether its reader can use a value; one that it cannot use counts as damaged
   */
  read(limit: number, accepts?: (value: JsonValue) => boolean): Promise<readonly JournalEntry[]>;
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
  /** How many damaged entries this process has found and set aside. They are not read, counted or waited for. */
  readonly damaged: number;
}
