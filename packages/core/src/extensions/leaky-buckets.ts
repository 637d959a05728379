/** As CrowdSec scenarios define a leaky bucket. */
export interface BucketOptions {
  /** How many events a bucket holds: the one after that makes it overflow. 0 to 10,000. */
  readonly capacity: number;
  /** How long one event takes to leak out, a Go duration: `10s`. */
  readonly leakspeed: string;
  /** How long a group stays silent after it overflowed, a Go duration; not at all by default. */
  readonly blackhole?: string;
  /** How many groups are kept at most, the least recently seen going first; 100,000 by default. */
  readonly maxGroups?: number;
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
  /** How many events it took. */
  readonly eventCount: number;
  /** When the first of them happened, in ms since the epoch. */
  readonly startAt: number;
}

/** Buckets whose levels are kept elsewhere. */
export interface SharedBuckets {
  pour(event: Pour): Promise<Overflow | undefined>;
}
