import type { Clock } from '../clock.js';
import { isCrowdsecError } from '../errors.js';
import { isRefused } from './is-refused.js';

/** Why everything is asked for, and not what changed. */
export type FullReason =
  | 'first' // this process pulls for the first time, or another one did meanwhile
  | 'unfinished' // the last answer was not read to its end, or refused: what it would have told is lost
  | 'scheduled' // what vanishes with its alert is told to nobody
  | 'clock' // the wall clock was set: the ends of what is held are off by as much
  | 'many' // a delta had many rows: LAPI loses some of an import that it is asked in the midst of
  | 'doubted'; // the last full answer lacked what was held, and is not believed yet

export interface PullPaceOptions {
  readonly clock: Clock;
  readonly intervalMs: number;
  readonly random: () => number;
}

/** Everything is asked for this often, give or take the jitter, in ms. */
const FULL_EVERY_MS = 4 * 3_600_000;
const JITTER = 0.15;
/** So many rows of a delta are many. */
const MANY_ROWS = 1_000;
/** At least so long, in ms, from a full answer to the next for a delta of many rows. */
const MANY_GAP_MS = 60_000;
/** The wall clock was set when it has moved by more than this against monotonic time, in ms; or the machine has slept. */
const CLOCK_SET_MS = 30_000;
/** The longest wait after failures, in ms. The first three wait for an interval, the others twice as long each. */
const MAX_WAIT_MS = 60_000;
/** After a refusal of the key, which time alone hardly mends: the first and the longest wait, in ms. */
const REFUSED_WAIT_MS = 60_000;
const MAX_REFUSED_WAIT_MS = 300_000;
/** No server makes us wait for longer. */
const MAX_ASKED_WAIT_MS = 600_000;

/** When LAPI is asked next, and for what. Moments are monotonic. */
export class PullPace {
  readonly #options: PullPaceOptions;
  #reason: FullReason | undefined = 'first';
  #hadMany = false;
  #failures = 0;
  #nextAt: number;
  #fullAt = -Infinity;
  #nextFullAt = -Infinity;
  /** Wall time less monotonic time at the last full answer, from which most ends are counted. */
  #clockOffset = 0;

  constructor(options: PullPaceOptions) {
    this.#options = options;
    this.#nextAt = options.clock.monotonic();
  }

  /** Why the next pull asks for everything; `undefined` when it asks for what changed. */
  get fullReason(): FullReason | undefined {
    if (this.#reason !== undefined) return this.#reason;
    if (this.#options.clock.monotonic() >= this.#nextFullAt) return 'scheduled';
    return Math.abs(this.#wallOffset - this.#clockOffset) > CLOCK_SET_MS ? 'clock' : undefined;
  }

  /** How long it is to the next pull, in ms. */
  get waitMs(): number {
    return Math.max(0, this.#nextAt - this.#options.clock.monotonic());
  }

  /** How many pulls in a row have failed. */
  get failures(): number {
    return this.#failures;
  }

  /** This process begins to pull, and knows nothing of the cursor that LAPI keeps. It pulls at once, unless it has just failed. */
  begin(): void {
    this.#reason = 'first';
    if (this.#failures === 0) this.#nextAt = this.#options.clock.monotonic();
  }

  /** Some process has pulled so long ago, in ms: the next pull is due an interval after that, unless this one waits after failures. */
  pulledElsewhere(agoMs: number): void {
    if (this.#failures > 0) return;
    this.#nextAt = this.#options.clock.monotonic() + Math.max(0, this.#options.intervalMs - agoMs);
  }

  /** A pull has left: until its answer is in use, what it would tell counts as lost. */
  left(): void {
    this.#reason = 'unfinished';
  }

  /** An answer is in use. */
  answered({
    full,
    rows,
    doubted,
  }: {
    readonly full: boolean;
    readonly rows: number;
    readonly doubted: boolean;
  }): void {
    const now = this.#options.clock.monotonic();
    this.#failures = 0;
    this.#nextAt = now + this.#options.intervalMs;
    if (full) {
      this.#fullAt = now;
      this.#clockOffset = this.#wallOffset;
      this.#nextFullAt = now + this.#jittered(FULL_EVERY_MS);
    }
    const isQuiet = rows < MANY_ROWS;
    if (full) this.#hadMany = false;
    else if (!isQuiet) this.#hadMany = true;
    const isDue = this.#hadMany && isQuiet && now - this.#fullAt >= MANY_GAP_MS;
    this.#reason = doubted ? 'doubted' : isDue ? 'many' : undefined;
  }

  /** A pull has failed. */
  failed(error: unknown): void {
    const { clock, intervalMs } = this.#options;
    this.#failures += 1;
    this.#reason = 'unfinished';
    const [first, longest] = isRefused(error)
      ? [Math.max(intervalMs, REFUSED_WAIT_MS), MAX_REFUSED_WAIT_MS]
      : [Math.min(intervalMs, MAX_WAIT_MS), MAX_WAIT_MS];
    const waitMs = Math.min(Math.max(longest, intervalMs), first * 2 ** Math.min(10, Math.max(0, this.#failures - 3)));
    const askedMs = isCrowdsecError(error) ? Math.min(error.retryAfterMs ?? 0, MAX_ASKED_WAIT_MS) : 0;
    this.#nextAt = clock.monotonic() + Math.max(this.#jittered(waitMs), askedMs);
  }

  get #wallOffset(): number {
    const { clock } = this.#options;
    return clock.now() - clock.monotonic();
  }

  /** Spread, so that many hosts do not ask at once. */
  #jittered(ms: number): number {
    return Math.round(ms * (1 + JITTER * (2 * this.#options.random() - 1)));
  }
}
