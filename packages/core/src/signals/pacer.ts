import { z } from 'zod';
import { notInFuture, type Clock } from '../clock.js';
import { CrowdsecError, isCrowdsecError } from '../errors.js';
import type { Lease, Store } from '../store/store.js';
import { LONGEST_GAP_MS, SHORTEST_GAP_MS } from './pace.js';

const FIRST_BACKOFF_MS = SHORTEST_GAP_MS;
/** The lease outlives the call, so that no two calls carry the same signal. */
const LEASE_MARGIN_MS = 3_000;

/** What the pacer remembers for all processes. */
const paceRecordSchema = z.object({
  /** When the last call ended. */
  lastCallAt: z.number().optional(),
  /** When the last try failed, how many did in a row, and how long to wait after it. */
  failedAt: z.number(),
  failures: z.number(),
  waitMs: z.number(),
  /** Of the oldest signals in the journal, how many a refused call held. */
  suspects: z.number(),
});

type PaceRecord = z.output<typeof paceRecordSchema>;

const NEW_RECORD: PaceRecord = { failedAt: 0, failures: 0, waitMs: 0, suspects: 0 };

/** One allowed call. */
export interface Turn {
  /** Of the oldest signals in the journal, how many are suspected of having a call refused. */
  readonly suspects: number;
  /** Writes down that the call leaves now: nothing is posted before it has resolved. */
  leave(): Promise<void>;
  /** Writes to the store, if it is still our turn. */
  readonly put: Lease['put'];
}

export interface TurnOutcome<T> {
  readonly value: T;
  readonly suspects: number;
  /** What failed, if it asks for patience. */
  readonly failure?: unknown;
}

/**
 * The only way to `POST /signals`: one call at a time over all processes of the installation, at least 10 seconds apart, whatever
 * restarts in between. After failures the gaps grow, up to 10 minutes or to what the server asks for.
 */
export class Pacer {
  readonly #store: Store;
  readonly #clock: Clock;
  readonly #leaseMs: number;
  readonly #random: () => number;
  #record: PaceRecord = NEW_RECORD;
  /** Monotonic time of this process's last call: a wall clock that jumps forward does not bring the next one nearer. */
  #calledAt = -Infinity;

  constructor(options: {
    readonly store: Store;
    readonly clock: Clock;
    readonly callTimeoutMs: number;
    readonly random?: () => number;
  }) {
    this.#store = options.store;
    this.#clock = options.clock;
    this.#leaseMs = options.callTimeoutMs + LEASE_MARGIN_MS;
    this.#random = options.random ?? Math.random;
  }

  /** When the last call left, as far as this process knows; `undefined` when none did. */
  get lastCallAt(): number | undefined {
    return this.#record.lastCallAt;
  }

  /** A call failed or was refused: what waits goes as soon as it may. */
  get hasUnfinishedBusiness(): boolean {
    return this.#record.failures > 0 || this.#record.suspects > 0;
  }

  /** The earliest moment for the next call, in ms since the epoch, as finely as the clocks tell; as far as this process knows. */
  get allowedAt(): number {
    const now = this.#clock.now();
    const { lastCallAt, failedAt, waitMs } = this.#record;
    const afterCall = lastCallAt === undefined ? now : lastCallAt + SHORTEST_GAP_MS;
    const afterOwnCall = now + this.#calledAt + SHORTEST_GAP_MS - this.#clock.monotonic();
    return Math.max(now, afterCall, afterOwnCall, failedAt + waitMs);
  }

  /** Reads what earlier runs and other processes did. */
  async load(): Promise<void> {
    const stored = await this.#store.read('signals', (value) => paceRecordSchema.parse(value));
    const now = this.#clock.now();
    // When the last call was is unknown: it counts as just made, until the next turn writes that down.
    const unknown = stored.state === 'damaged' ? { ...NEW_RECORD, lastCallAt: now } : NEW_RECORD;
    const record = stored.state === 'present' ? stored.value : unknown;
    this.#record = {
      ...record,
      failedAt: notInFuture(record.failedAt, now),
      ...(record.lastCallAt === undefined ? {} : { lastCallAt: notInFuture(record.lastCallAt, now) }),
    };
  }

  /**
   * Takes a turn if a call may leave now; resolves `undefined` when none may.
   *
   * @param work posts after {@link Turn.leave} and tells of a failure instead of throwing it
   */
  async turn<T>(work: (turn: Turn) => Promise<TurnOutcome<T>>): Promise<T | undefined> {
    const lease = await this.#store.lease('signals', this.#leaseMs);
    if (lease === undefined) return undefined;
    try {
      await this.load();
      if (this.allowedAt > this.#clock.now()) {
        // Written back, so that a stamp of a clock that ran ahead does not hold everybody up until time has caught up.
        await this.#remember(lease, this.#record);
        return undefined;
      }
      const before = this.#calledAt;
      const leave = async (): Promise<void> => {
        if (!(await lease.renew(this.#leaseMs))) {
          throw new CrowdsecError('CROWDSEC_LEASE_BUSY', 'Another process took over the sending of signals.');
        }
        await this.#called(lease);
      };
      const { value, suspects, failure } = await work({
        suspects: this.#record.suspects,
        leave,
        put: (key, value) => lease.put(key, value),
      });
      this.#record = { ...this.#record, suspects, ...this.#patience(failure) };
      if (this.#calledAt === before) await this.#remember(lease, this.#record);
      else await this.#called(lease);
      return value;
    } finally {
      // A lease that can't be released runs out by itself.
      await lease.release().catch(() => undefined);
    }
  }

  /** Stamped before the call, so that no crash makes a second one, and after it, so that the gap lies between the calls. */
  async #called(lease: Lease): Promise<void> {
    this.#calledAt = this.#clock.monotonic();
    await this.#remember(lease, { ...this.#record, lastCallAt: this.#clock.now() });
  }

  #patience(failure: unknown): Pick<PaceRecord, 'failures' | 'failedAt' | 'waitMs'> {
    const now = this.#clock.now();
    if (failure === undefined) return { failures: 0, failedAt: now, waitMs: 0 };
    const failures = this.#record.failures + 1;
    const backoffMs = Math.min(LONGEST_GAP_MS, FIRST_BACKOFF_MS * 2 ** (failures - 1)) * (0.8 + 0.4 * this.#random());
    const askedMs = isCrowdsecError(failure) ? (failure.retryAfterMs ?? (failure.nextAt ?? now) - now) : 0;
    return { failures, failedAt: now, waitMs: Math.ceil(Math.max(backoffMs, askedMs)) };
  }

  async #remember(lease: Lease, record: PaceRecord): Promise<void> {
    await lease.put('signals', { ...record });
    this.#record = record;
  }
}
