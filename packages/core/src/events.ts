import type { BlockedRequest } from './bouncer/bouncer-options.js';
import type { CaptchaSolved } from './captcha/captcha-solved.js';
import type { LocalDecision } from './decisions/local-decisions.js';
import type { Detection, ExtensionChange } from './extensions/host.js';
import type { DecisionNetwork, RefreshResult } from './refresh/refresh-result.js';
import type { RefusalReason, SignalKind } from './signals/report.js';

/** What the agent tells while it works, by event name. */
export interface CrowdsecEvents {
  /** A machine was registered. */
  registered: { readonly machineId: string };
  /** A login succeeded; `expiresAt` is the token's, in ms since the epoch. */
  loggedIn: { readonly scenarios: readonly string[]; readonly expiresAt: number };
  /** New decisions are in use. */
  refreshed: Extract<RefreshResult, { status: 'refreshed' }>;
  /** A pull failed; what was held stays in use. */
  refreshFailed: { readonly network: DecisionNetwork; readonly error: Error; readonly nextAt: number };
  /** A decision of this installation that was in force made room for another, see `maxLocalDecisions`. */
  localDecisionEvicted: LocalDecision;
  /** A request was blocked, or would have been but for `mode: 'log'`. */
  requestBlocked: BlockedRequest;
  /** A client solved a captcha, and passes from now on. */
  captchaSolved: CaptchaSolved;
  /** A signal was taken into the buffer. */
  signalBuffered: { readonly uuid: string; readonly ip: string; readonly scenario: string; readonly kind: SignalKind };
  /** A signal was not taken. */
  signalRefused: { readonly ip: string; readonly scenario: string; readonly reason: RefusalReason };
  /** A whisper made room for something that matters more. */
  signalEvicted: { readonly uuid: string };
  /** The network took a call's worth of signals. */
  signalsSent: { readonly count: number };
  /** A call failed; its signals are kept and sent again. */
  signalsFailed: { readonly count: number; readonly error: Error; readonly nextAt: number };
  /** The network refused this signal for what is in it; it is set aside. */
  signalPoisoned: { readonly uuid: string; readonly message: string };
  /** A detector found something; `suppressed` says why nothing was done about it. */
  detected: Detection;
  /** An extension was activated, switched off, brought back or disposed. */
  extensionChanged: ExtensionChange;
}
