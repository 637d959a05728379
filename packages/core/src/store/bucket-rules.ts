/** A leaky bucket in numbers: what its options come to. */
export interface BucketRules {
  /** How many events a bucket holds: the one after that makes it overflow. */
  readonly capacity: number;
  /** How long one event takes to leak out, in ms, more than 0. */
  readonly leakMs: number;
  /** How long a group stays silent after it overflowed, in ms; 0 for not at all. */
  readonly blackholeMs: number;
  /** How many groups are kept at most, where that is not the store's business. */
  readonly maxGroups: number;
}

/** One event for a bucket. */
export interface Pour {
  /** What the bucket counts by, see {@link groupByIp}. */
  readonly group: string;
  /** When it happened, in ms since the epoch. */
  readonly at: number;
  /** Given, the event counts only if no other with this value is in the bucket. */
  readonly distinct?: string;
}

/** What overflowed. */
export interface Overflow {
  /** How many events it took: those that have leaked out again since the bucket was last empty are among them. */
  readonly eventCount: number;
  /** When the first of them happened, in ms since the epoch. */
  readonly startAt: number;
}

/**
 * How much earlier than the newest of its group an event may come, in ms: it then counts as happening with that one. An
 * earlier one shows that the clock was set back, and the bucket starts again from empty.
 */
export const LATENESS_MS = 60_000;
