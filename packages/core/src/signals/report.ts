/** What the application reports about an address: the facts of a {@link Crowdsec.whisper} and, with a decision, of a report. */
export interface Whisper {
  /**
   * The address that misbehaved, in any legal spelling; this or `range`. One that is none or not public, and `undefined` for a client that
   * nobody can tell, is refused and counted.
   */
  readonly ip?: string | undefined;
  /** The range that misbehaved, in CIDR notation. */
  readonly range?: string | undefined;
  /** A declared scenario, `^[a-z0-9_-]+/[a-z0-9_-]+$`. */
  readonly scenario: string;
  /** For people; by default `Ip 203.0.113.7 performed 'acme/http-404' (1 event over 0s)`. Cut to 1,000 characters. */
  readonly message?: string;
  /** How many events this report covers; 1 by default. */
  readonly eventCount?: number;
  /** When the first event happened; `stopAt` by default. */
  readonly startAt?: Date;
  /** When the last event happened; now by default. */
  readonly stopAt?: Date;
  /** Facts for the console: the first 20 pairs, names cut to 255 characters and texts to 4,000. Visitors may have written them. */
  readonly context?: Readonly<Record<string, string | number | boolean>>;
}

/** A misbehaviour that was acted on: a signal with a decision. */
export interface Report extends Whisper {
  /** What was done about the address; `{ type: 'ban', duration: '4h' }` by default. */
  readonly decision?: ReportedDecision;
}

export interface ReportedDecision {
  /** `ban`, `captcha` or a type of your own. */
  readonly type: string;
  /** How long it holds: a Go duration of more than zero, such as `4h` or `24h0m0s`. */
  readonly duration: string;
}

/** A signal is a *decision* when the address was acted on, else a *whisper*. */
export type SignalKind = 'decision' | 'whisper';

/** Why a signal was not taken. Each is counted under its name in {@link Health}; `capped` with the extension that asked. */
export type RefusalReason =
  | 'invalid-ip'
  | 'non-public-ip'
  | 'own-ip'
  | 'allowlisted-ip'
  | 'buffer-full'
  | 'stopped'
  | 'capped' // an extension has had its share of the hour
  | 'no-network'; // the agent has nobody to tell: neither CAPI nor a machine of a local API

/**
 * What became of a report, at once. `merged`: it was added to a signal about the same that still waits, whose uuid this is.
 *
 * `stored` resolves when the signal will survive a crash or, on a store that can't promise that, when CAPI has answered. It never
 * rejects: a signal that the store can't take stays in memory and is tried again. Nobody has to await it; while
 * somebody does, the process lives, as after any asking for it, until the agent is stopped.
 */
export type Receipt =
  | { readonly status: 'buffered' | 'merged'; readonly uuid: string; readonly stored: Promise<void> }
  | { readonly status: 'refused'; readonly reason: RefusalReason; readonly stored: Promise<void> };

/** What one flush of the buffer did. */
export interface FlushResult {
  /** Signals that CAPI took in this call. */
  readonly sent: number;
  /** Signals that still wait. */
  readonly waiting: number;
  /** When the next call to `POST /signals` may leave, in ms since the epoch: at least 10 seconds after the last one. */
  readonly nextAllowedAt: number;
}

/** What became of the signals of one {@link Crowdsec.pushSignals}. */
export interface PushResult {
  readonly accepted: number;
  /** The signals that were not taken: their place in the list that was given, and why. */
  readonly refused: readonly { readonly index: number; readonly reason: string }[];
}
