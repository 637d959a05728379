import type { Clock } from '../clock.js';
import type { CrowdsecErrorCode } from '../errors.js';
import type { Logger } from '../logger.js';
import type { Scheduler } from '../scheduler.js';
import type { Store } from '../store/store.js';
import type { Stop } from './login-budget.js';
import type { Transport } from './transport.js';

export interface SessionOptions {
  readonly store: Store;
  /** Keeps a copy of the credentials, for the day that the store is emptied. */
  readonly copy?: Store;
  readonly transport: Transport;
  readonly clock: Clock;
  readonly scheduler: Scheduler;
  readonly logger: Logger;
  /** Told at every login; they decide what the community blocklist holds. */
  readonly scenarios: readonly string[];
  readonly machineIdPrefix: string;
  /** Credentials that the user keeps; they are never replaced. */
  readonly credentials?: { readonly machineId: string; readonly password: string };
  /** Registers although the identity will not outlive the process. */
  readonly ephemeral: boolean;
  readonly timeoutMs: number;
  /** Ends the waiting for other processes. */
  readonly signal?: AbortSignal;
  /** Awaited before the identity is put back into a store that was emptied. */
  readonly onStoreEmptied?: () => Promise<void>;
  readonly onRegistered?: (details: { readonly machineId: string }) => void;
  readonly onLoggedIn?: (details: { readonly scenarios: readonly string[]; readonly expiresAt: number }) => void;
}

export interface SessionState {
  readonly identity: 'none' | 'pending' | 'validated' | 'credentials-rejected';
  readonly machineId?: string;
  /** By CAPI's clock, in ms since the epoch. */
  readonly tokenExpiresAt?: number;
  readonly loginsLastHour: number;
  /** By how much this machine's clock is ahead of CAPI's, in ms, when that is more than a minute; negative when it is behind. */
  readonly clockSkewMs?: number;
  /** Why the last call got no token, until one does. */
  readonly failure?: { readonly code: CrowdsecErrorCode; readonly message: string };
  readonly stop?: { readonly code: Stop['code']; readonly message: string; readonly until: number };
}
