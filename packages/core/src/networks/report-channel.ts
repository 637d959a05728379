import type { Signal } from '../capi/wire.js';
import type { CrowdsecError } from '../errors.js';

/** How often and how much a network takes. */
export interface ReportPace {
  /** How many signals one call may hold. */
  readonly mostPerCall: number;
  /** Two calls are never closer than this, in ms; also how long the first failure is waited out. */
  readonly shortestGapMs: number;
  /** Nothing that waits, waits longer than this after the last call, in ms. */
  readonly longestGapMs: number;
  /** The longest wait after failures, in ms. */
  readonly longestBackoffMs: number;
}

/**
 * Where the signals of an agent go. CAPI takes them as they are, a local API as alerts; an agent has one channel, for what a local API
 * takes it passes on to CAPI itself.
 */
export interface ReportChannel {
  /** As people know it: `CAPI`, `the local API`. */
  readonly name: string;
  readonly pace: ReportPace;
  /** How long one call may take, in ms. */
  readonly callTimeoutMs: number;
  /** Gets a token for the next call, so that the call itself leaves at its moment. */
  prepare(): Promise<void>;
  /**
   * Sends one call's worth, in the pacer's turn.
   *
   * @param beforeCall awaited when all else is ready, as the last step before the call leaves; when it rejects, the call does not
   * @throws CrowdsecError with `refusesContent` when what is in the call is the reason, so that the sender looks for the signal that is
   * refused; any other error keeps the signals and makes the gaps grow
   */
  push(signals: readonly Signal[], beforeCall: () => Promise<void>): Promise<void>;
  /**
   * Whether an error with `refusesContent` proves by what it says that the only signal of the call is to blame; without it that takes another
   * signal that is taken, for the network may refuse whatever it is sent.
   */
  provesBlame?(error: CrowdsecError): boolean;
}
