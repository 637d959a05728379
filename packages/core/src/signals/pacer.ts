import * as z from 'zod';
import { notInFuture, type Clock } from '../clock.js';
import { CrowdsecError, isCrowdsecError } from '../errors.js';
import type { ReportPace } from '../networks/report-channel.js';
import type { Scheduler } from '../scheduler.js';
import { keepAlive } from '../store/keep-alive.js';
import { renewFor } from '../store/renew-for.js';
import type { Lease, Store } from '../store/store.js';
import { storedCountSchema, storedMomentSchema, storedWaitSchema } from '../stored-moment.js';
import { isSearching, NOTHING_REFUSED, refusalStateSchema, type RefusalState } from './refusal-state.js';

/** The lease of the process that sends, one for all processes of the installation. */
export const TURN_LEASE = 'signals';
/**
 * By how much, in ms, the lease is longer than a call may take and than the shortest gap: the 5 s between two renewals, and 3 s for a renewal.
 * So a process that dies during a call holds the others up until the shortest gap has passed, even if its request left late.
 */
const LEASE_MARGIN_MS = 8_000;

/** What the pacer remembers for all processes. */
const paceRecordSchema = z.object({
  /** When the last call ended. */
  lastCallAt: storedMomentSchema.optional(),
  /** When the last try failed, how many did in a row, and how long to wait after it. */
  failedAt: storedMomentSchema,
  failures: storedCountSchema,
  waitMs: storedWaitSchema,
  /** The search for a signal that the network refuses calls for. */
  refusals: refusalStateSchema.catch(NOTHING_REFUSED),
});

type PaceRecord = z.output<typeof paceRecordSchema>;

const NEW_RECORD: PaceRecord = { failedAt: 0, failures: 0, waitMs: 0, refusals: NOTHING_REFUSED };

/** One allowed call. */
export interface Turn {
  /** The search for a signal that the network refuses calls for. */
  readonly refusals: RefusalState;
  /**
   * Makes sure that it is still this process's turn, and writes down that the call leaves now: it is posted as soon as this has resolved, and
   * never before.
   *
   * @throws CrowdsecError `CROWDSEC_LEASE_BUSY` when another process has taken the turn over: then nothing may be posted
   */
  confirmCall(): Promise<void>;
  /** Another process has taken the turn over; nothing was posted in it. */
  readonly isLost: boolean;
  /** Writes to the store, if it is still our turn. */
  readonly put: Lease['put'];
}

export interface TurnOutcome<T> {
  readonly value: T;
  /** As it is now; as it was, when it is left out. */
  readonly refusals?: RefusalState;
  /** What failed, if the next call is to wait for it. */
  readonly failure?: unknown;
}

/** What is known of the one call of a turn. */
interface CallState {
  /** Another process has taken the turn over: it must not leave. */
  isLost: boolean;
  /** It has left, and the store does not know yet that it has ended. */
  isOpen: boolean;
}

/**
 * The only way for signals to leave: one call at a time over all processes of the installation, at least the shortest gap of the network
 * apart (10 seconds for CAPI), whatever restarts in between. After failures the gaps grow, up to the longest of the network (10 minutes for CAPI)
 * or to what the server asks for.
 */
export class Pacer {
  readonly #store: Store;
  readonly #clock: Clock;
  readonly #scheduler: Scheduler;
  readonly #leaseMs: number;
  readonly #pace: ReportPace;
  readonly #random: () => number;
  #record: PaceRecord = NEW_RECORD;
  /** Monotonic time of this process's last call: a wall clock that jumps forward does not bring the next one nearer. */
  #calledAt = -Infinity;
  /** Monotonic time at which a call was last assumed because the time of the last one was unknown. */
  #assumedAt = -Infinity;

  constructor(options: {
    readonly store: Store;
    readonly clock: Clock;
    readonly scheduler: Scheduler;
    readonly callTimeoutMs: number;
    readonly pace: ReportPace;
    readonly random?: () => number;
  }) {
    this.#store = options.store;
    this.#clock = options.clock;
    this.#scheduler = options.scheduler;
    this.#leaseMs = Math.max(options.callTimeoutMs, options.pace.shortestGapMs) + LEASE_MARGIN_MS;
    this.#pace = options.pace;
    this.#random = options.random ?? Math.random;
  }

  /** How often calls may leave, and how much each may hold. */
  get pace(): ReportPace {
    return this.#pace;
  }

  /** When the last call left, as far as this process knows; `undefined` when none did. */
  get lastCallAt(): number | undefined {
    return this.#record.lastCallAt;
  }

  /** A call failed or was refused: what waits goes as soon as it may. */
  get hasPendingRetry(): boolean {
    return this.#record.failures > 0 || isSearching(this.#record.refusals);
  }

  /** The earliest moment for the next call, in ms since the epoch, as finely as the clocks tell; as far as this process knows. */
  get allowedAt(): number {
    const now = this.#clock.now();
    const { lastCallAt, failedAt, waitMs } = this.#record;
    const { shortestGapMs } = this.#pace;
    const afterCall = lastCallAt === undefined ? now : lastCallAt + shortestGapMs;
    const afterOwnCall = now + this.#calledAt + shortestGapMs - this.#clock.monotonic();
    return Math.max(now, afterCall, afterOwnCall, failedAt + waitMs);
  }

  /** Reads what earlier runs and other processes did. */
  async load(): Promise<void> {
    const stored = await this.#store.read('signals', (value) => paceRecordSchema.parse(value));
    const now = this.#clock.now();
    // When the last call was is unknown, for its stamp is damaged, or gone with a store that was emptied: it counts as just made,
    // until the next turn writes that down.
    const isUnknown = stored.state === 'damaged' || this.#record.lastCallAt !== undefined;
    const otherwise = isUnknown ? { ...this.#record, lastCallAt: now } : NEW_RECORD;
    const record = stored.state === 'present' ? stored.value : otherwise;
    this.#record = {
      ...record,
      failedAt: notInFuture(record.failedAt, now),
      ...(record.lastCallAt === undefined ? {} : { lastCallAt: notInFuture(record.lastCallAt, now) }),
    };
  }

  /**
   * Counts a call as made now, for the store was emptied: whoever made the last one, the next is the shortest gap away. Somebody whose
   * turn it is stamps it anyway.
   */
  async assumeCallNow(): Promise<void> {
    this.#assumedAt = this.#calledAt = this.#clock.monotonic();
    const lease = await this.#store.lease('signals', this.#leaseMs);
    if (lease === undefined) return;
    try {
      await this.load();
      if (this.#record.lastCallAt === undefined) await this.#recordCall(lease);
      else await this.#remember(lease, this.#record);
    } finally {
      await lease.release().catch(() => undefined);
    }
  }

  /**
   * Takes a turn if a call may leave now; resolves `undefined` when none may, or when the turn was lost before the call left. While the work
   * lasts no other process gets a turn. The result of a call is returned even if it can no longer be stored.
   *
   * @param work posts after {@link Turn.confirmCall} and returns a failure instead of throwing it
   */
  async turn<T>(work: (turn: Turn) => Promise<TurnOutcome<T>>): Promise<T | undefined> {
    const lease = await this.#store.lease(TURN_LEASE, this.#leaseMs);
    if (lease === undefined) return undefined;
    const call: CallState = { isLost: false, isOpen: false };
    try {
      await this.load();
      if (this.allowedAt > this.#clock.now()) {
        // Written back, so that a stamp of a clock that ran ahead does not hold everybody up until time has caught up.
        await this.#remember(lease, this.#record);
        return undefined;
      }
      return await this.#take(lease, call, work);
    } finally {
      // A lease that can't be released runs out by itself. That of a call whose end could not be written down does so, too: it is longer than the
      // gap that others would not keep. This process does, and in its own store there are no others.
      if (!call.isOpen || !this.#store.shared) await lease.release().catch(() => undefined);
    }
  }

  async #take<T>(lease: Lease, call: CallState, work: (turn: Turn) => Promise<TurnOutcome<T>>): Promise<T | undefined> {
    const startedAt = this.#clock.monotonic();
    const confirmCall = async (): Promise<void> => {
      call.isLost = this.#assumedAt >= startedAt || !(await this.#recordDeparture(lease));
      if (call.isLost) {
        throw new CrowdsecError(
          'CROWDSEC_LEASE_BUSY',
          'Another process took over the sending of signals, or the store was emptied meanwhile.',
        );
      }
      call.isOpen = true;
    };
    const alive = keepAlive(lease, this.#leaseMs, this.#scheduler);
    try {
      const {
        value,
        refusals = this.#record.refusals,
        failure,
      } = await work({
        refusals: this.#record.refusals,
        confirmCall,
        get isLost() {
          return call.isLost;
        },
        put: (key, value) => lease.put(key, value),
      });
      if (call.isLost) return undefined;
      this.#record = { ...this.#record, refusals, ...this.#backoffAfter(failure) };
      if (!call.isOpen) await this.#remember(lease, this.#record).catch(() => undefined);
      return value;
    } finally {
      if (call.isOpen) await this.#recordEnd(lease, call);
      alive[Symbol.dispose]();
    }
  }

  /**
   * Writes down that a call leaves now; false when the turn is lost. The lease is renewed last: from then on it keeps the others away for the
   * shortest gap, even if this process dies at once and its stamp is older, for it took long to write.
   */
  async #recordDeparture(lease: Lease): Promise<boolean> {
    try {
      await this.#recordCall(lease);
    } catch (error) {
      if (isCrowdsecError(error, 'CROWDSEC_LEASE_BUSY')) return false;
      throw error;
    }
    const ttlMs = this.#leaseMs;
    return renewFor(lease, { clock: this.#clock, ttlMs, neededMs: ttlMs - LEASE_MARGIN_MS });
  }

  /** What became of a call is more than a note of it: without one the store has the stamp from before the call, and this process its own. */
  async #recordEnd(lease: Lease, call: CallState): Promise<void> {
    try {
      await this.#recordCall(lease);
      call.isOpen = false;
    } catch {
      // Whoever reads `isOpen` keeps the others away.
    }
  }

  /** Stamped before the call, so that no crash makes a second one, and after it, so that the gap lies between the calls. */
  async #recordCall(lease: Lease): Promise<void> {
    this.#calledAt = this.#clock.monotonic();
    await this.#remember(lease, { ...this.#record, lastCallAt: this.#clock.now() });
  }

  #backoffAfter(failure: unknown): Pick<PaceRecord, 'failures' | 'failedAt' | 'waitMs'> {
    const now = this.#clock.now();
    if (failure === undefined) return { failures: 0, failedAt: now, waitMs: 0 };
    const failures = this.#record.failures + 1;
    const { shortestGapMs, longestBackoffMs } = this.#pace;
    const backoffMs = Math.min(longestBackoffMs, shortestGapMs * 2 ** (failures - 1)) * (0.8 + 0.4 * this.#random());
    const askedMs = isCrowdsecError(failure) ? (failure.retryAfterMs ?? (failure.nextAt ?? now) - now) : 0;
    return { failures, failedAt: now, waitMs: Math.ceil(Math.max(backoffMs, askedMs)) };
  }

  async #remember(lease: Lease, record: PaceRecord): Promise<void> {
    await lease.put('signals', { ...record });
    this.#record = record;
  }
}
