import type { RefreshResult } from './refresh/refresh-result.js';
import type { RefusalReason } from './signals/report.js';

/** What the agent tells while it works. */
export interface CrowdsecEvents {
  /** A machine was registered. */
  registered: { readonly machineId: string };
  /** A login succeeded. */
  loggedIn: { readonly scenarios: readonly string[]; readonly expiresAt: number };
  /** New decisions are in use. */
  refreshed: Extract<RefreshResult, { status: 'refreshed' }>;
  /** A pull failed; what was held stays in use. */
  refreshFailed: { readonly error: Error; readonly nextAt: number };
  /** A signal was taken into the buffer. */
  signalBuffered: { readonly uuid: string; readonly ip: string; readonly scenario: string; readonly kind: 'decision' | 'whisper' };
  signalRefused: { readonly ip: string; readonly scenario: string; readonly reason: RefusalReason };
  /** CAPI took a call's worth of signals. */
  signalsSent: { readonly count: number };
  /** A call failed; its signals are kept and sent again. */
  signalsFailed: { readonly count: number; readonly error: Error; readonly nextAt: number };
  /** CAPI refused this signal for what is in it; it is set aside. */
  signalPoisoned: { readonly uuid: string; readonly message: string };
  /** Anything that people should know, once each. */
  warning: { readonly code: string; readonly message: string };
}
