import type { TimeSource } from './clock.js';

/** A signal's body, as `POST /signals` takes it; unknown fields are kept. */
export interface SignalBody {
  readonly scenario: string;
  readonly scenario_hash: string;
  readonly scenario_version: string;
  readonly scenario_trust?: string;
  readonly message: string;
  readonly start_at: string;
  readonly stop_at: string;
  readonly source: Readonly<Record<string, unknown>> & { readonly scope: string; readonly value: string };
  readonly uuid?: string;
  readonly created_at?: string;
  readonly machine_id?: string;
  readonly kind?: string;
  readonly context?: readonly { readonly key: string; readonly value: string }[] | null;
  readonly decisions?: readonly SignalDecision[] | null;
  readonly [field: string]: unknown;
}

/** A decision that a signal tells of. */
export interface SignalDecision {
  readonly id: number;
  readonly uuid?: string;
  readonly duration: string;
  readonly origin: string;
  readonly scenario: string;
  readonly scope: string;
  readonly type: string;
  readonly value: string;
  readonly [field: string]: unknown;
}

/** A signal that was accepted. */
export interface AcceptedSignal {
  /** When, in ms since the epoch, by the sandbox's clock. */
  readonly at: number;
  /** The machine that sent it, by its token; the signal's own `machine_id` may say something else. */
  readonly machineId: string;
  readonly signal: SignalBody;
}

/** Why a signal is poisoned, or `undefined` for a good one. */
export type SignalRejection = (signal: SignalBody) => string | undefined;

/** So many signals from one machine are taken; more are answered 429. */
export interface RateLimit {
  readonly calls: number;
  readonly withinMs: number;
}

/** What became of a call with signals. */
export type SignalsOutcome =
  | { readonly status: 'accepted' }
  | { readonly status: 'rejected'; readonly message: string }
  | { readonly status: 'rate-limited'; readonly retryAfterMs: number };

/** The most signals in one call. */
export const MAX_SIGNALS_PER_CALL = 250;

/** Takes signals. A call is accepted or refused as a whole. */
export class SignalInbox {
  readonly #clock: TimeSource;
  readonly #rateLimit: RateLimit | undefined;
  readonly #limit: number;
  readonly #accepted: AcceptedSignal[] = [];
  readonly #rejections = new Set<SignalRejection>();
  readonly #callTimes = new Map<string, readonly number[]>();

  /** @param limit how many accepted signals are remembered; past it, the oldest are forgotten */
  constructor(clock: TimeSource, rateLimit: RateLimit | undefined, limit: number) {
    this.#clock = clock;
    this.#rateLimit = rateLimit;
    this.#limit = limit;
  }

  get accepted(): readonly AcceptedSignal[] {
    return this.#accepted;
  }

  rejectWhere(rejection: SignalRejection): Disposable {
    this.#rejections.add(rejection);
    return { [Symbol.dispose]: () => void this.#rejections.delete(rejection) };
  }

  take(machineId: string, signals: readonly SignalBody[]): SignalsOutcome {
    const retryAfterMs = this.#limited(machineId);
    if (retryAfterMs !== undefined) return { status: 'rate-limited', retryAfterMs };
    if (signals.length > MAX_SIGNALS_PER_CALL) {
      return {
        status: 'rejected',
        message: `At most ${MAX_SIGNALS_PER_CALL} signals are allowed, got ${signals.length}`,
      };
    }
    for (const rejection of this.#rejections) {
      const message = signals.map(rejection).find((reason) => reason !== undefined);
      if (message !== undefined) return { status: 'rejected', message };
    }
    const at = this.#clock.now();
    for (const signal of signals) this.#accepted.push({ at, machineId, signal });
    if (this.#accepted.length > this.#limit) this.#accepted.splice(0, this.#accepted.length - this.#limit);
    return { status: 'accepted' };
  }

  #limited(machineId: string): number | undefined {
    if (this.#rateLimit === undefined) return undefined;
    const { calls, withinMs } = this.#rateLimit;
    const now = this.#clock.now();
    const times = (this.#callTimes.get(machineId) ?? []).filter((at) => at > now - withinMs);
    if (times.length >= calls) return (times[0] ?? now) + withinMs - now;
    this.#callTimes.set(machineId, [...times, now]);
    return undefined;
  }
}
