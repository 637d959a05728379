import type { RefusalReason } from './signals/report.js';

/** The state of the agent as data: cheap, and it never calls anybody. */
export interface Health {
  /** `ok`; `degraded`: works with what it has; `unavailable`: no decision was ever loaded, or the agent is not started. */
  readonly status: 'ok' | 'degraded' | 'unavailable';
  /** What is wrong, worst first; empty when the status is `ok`. */
  readonly problems: readonly Problem[];
  readonly userAgent: string;
  readonly identity: IdentityHealth;
  readonly decisions: DecisionsHealth;
  readonly signals: SignalsHealth;
  readonly store: StoreHealth;
}

export interface Problem {
  /** The code of a `CrowdsecError`, or one of `NOT_STARTED`, `NO_DECISIONS`, `DECISIONS_STALE`, `LIST_FAILED`. */
  readonly code: string;
  /** What it means and what to do. */
  readonly message: string;
}

export interface IdentityHealth {
  /** `none`: nothing registered yet; `credentials-rejected`: CAPI refuses a pair that it once took. */
  readonly state: 'none' | 'pending' | 'validated' | 'credentials-rejected';
  readonly machineId?: string;
  /** When the token runs out, in ms since the epoch. */
  readonly tokenExpiresAt?: number;
  /** Login attempts of the last hour, of all processes on this store. */
  readonly loginsLastHour: number;
  /** All calls rest until then, in ms since the epoch. */
  readonly stoppedUntil?: number;
}

export interface DecisionsHealth {
  /** How many are held, expired ones that no refresh has dropped yet included. */
  readonly count: number;
  readonly local: number;
  /** Held decisions by origin: `CAPI`, `lists:<name>`. */
  readonly origins: Readonly<Record<string, number>>;
  /** When the decisions that are held were pulled, in ms since the epoch. */
  readonly pulledAt?: number;
  /** When the next pull is due. */
  readonly nextPullAt?: number;
  /** Older than a day. */
  readonly stale: boolean;
  /** The last outcome of each linked list. */
  readonly lists: Readonly<Record<string, ListHealth>>;
}

export interface ListHealth {
  readonly kind: 'blocklist' | 'allowlist';
  readonly status: 'replaced' | 'unchanged' | 'failed';
  readonly entries: number;
  /** Lines that were left out, by reason. */
  readonly skipped: Readonly<Record<string, number>>;
  readonly error?: string;
}

export interface SignalsHealth {
  /** Signals that wait in this process. */
  readonly buffered: number;
  /** When the next call is due, in ms since the epoch; absent when nothing waits. */
  readonly nextFlushAt?: number;
  /** Why then, in words. */
  readonly nextFlushReason?: string;
  /** Signals that CAPI took from this process. */
  readonly sent: number;
  readonly refused: Readonly<Partial<Record<RefusalReason, number>>>;
  /** Signals that CAPI refused for what is in them; they are set aside. */
  readonly poisoned: number;
}

export interface StoreHealth {
  readonly description: string;
  readonly durable: boolean;
  readonly shared: boolean;
  readonly reachable: boolean;
}
