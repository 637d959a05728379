import type { BucketRules, Overflow, Pour } from './bucket-rules.js';
import type { Deadline } from '../deadline.js';
import type { Blob, JournalEntry, JsonValue } from './store.js';

/** Who holds a lease: what a fenced write is checked against. */
export interface Fence {
  readonly name: string;
  /** Random for each taking, so that not even a store that lost its counters confuses two holders. */
  readonly holder: string;
  readonly token: number;
}

/** A large value to set aside: the version that was found damaged, and its head. */
export interface DamagedBlob {
  readonly version: string;
  readonly head: JsonValue;
}

/** A large value with the version that it was read as. */
export type VersionedBlob = Blob & { readonly version: string };

/**
 * What each kind of store implements; `composeStore` makes the port of it. Nothing here watches the time or names errors: a
 * call that fails rejects with whatever the file system or the client says, one that is late finds its deadline aborted.
 * What is there and cannot be read rejects with a `DamagedError`.
 *
 * With a fence, a write happens only while its lease is held, and resolves false otherwise.
 */
export interface StoreEngine {
  readonly description: string;
  readonly durable: boolean;
  readonly shared: boolean;
  readonly networked: boolean;
  readonly crashSafe: boolean;
  /** What the connection to the store last failed with, until it works again: it tells more than that a call was late. */
  readonly trouble?: string | undefined;

  get(key: string, deadline: Deadline): Promise<JsonValue | undefined>;
  put(key: string, value: JsonValue, fence: Fence | undefined, deadline: Deadline): Promise<boolean>;
  delete(key: string, deadline: Deadline): Promise<void>;

  getBlob(key: string, deadline: Deadline): Promise<VersionedBlob | undefined>;
  putBlob(key: string, blob: Blob, fence: Fence | undefined, deadline: Deadline): Promise<boolean>;
  blobVersion(key: string, deadline: Deadline): Promise<string | undefined>;

  /**
   * Keeps a copy of a damaged value. With `blob`, that version of a large value is no longer found: `getBlob` rejects with
   * its head until a new one is put.
   *
   * @returns where the copy is, or undefined when none could be made
   */
  setAside(key: string, blob: DamagedBlob | undefined, deadline: Deadline): Promise<string | undefined>;

  /** Writes something small as a value is written, and removes it; more of it, where that costs little, after a write that failed. */
  probe(options: { readonly afterFailure: boolean }, deadline: Deadline): Promise<void>;

  /** The token of the lease, or undefined while another holds it. */
  takeLease(name: string, holder: string, ttlMs: number, deadline: Deadline): Promise<number | undefined>;
  holdsLease(fence: Fence, deadline: Deadline): Promise<boolean>;
  renewLease(fence: Fence, ttlMs: number, deadline: Deadline): Promise<boolean>;
  releaseLease(fence: Fence, deadline: Deadline): Promise<void>;

  readonly journal: JournalEngine;

  /** Where the store can count for all processes. */
  readonly pour?: (name: string, rules: BucketRules, event: Pour, deadline: Deadline) => Promise<Overflow | undefined>;

  /** Where several processes share the store: marks a name as used, or resolves false when it is. */
  readonly claim?: (name: string, ttlMs: number, deadline: Deadline) => Promise<boolean>;

  close(): Promise<void>;
}

/** The journal of a {@link StoreEngine}. */
export interface JournalEngine {
  append(entries: readonly JournalEntry[], deadline: Deadline): Promise<void>;
  read(limit: number, accepts: (value: JsonValue) => boolean, deadline: Deadline): Promise<readonly JournalEntry[]>;
  acknowledge(entries: readonly JournalEntry[], deadline: Deadline): Promise<void>;
  replace(entries: readonly JournalEntry[], deadline: Deadline): Promise<readonly string[]>;
  waiting(ids: readonly string[], deadline: Deadline): Promise<readonly string[]>;
  size(deadline: Deadline): Promise<number>;
  /** How many damaged entries were set aside by this process. */
  readonly damaged: number;
}
