export { startSandbox, type LoadedList, type Sandbox } from './sandbox.js';
export type { SandboxOptions } from './options.js';
export type { AuthorizationKind, Call } from './calls.js';
export type { SandboxClock, TimeSource } from './clock.js';
export type { DecisionInput, Decisions, StreamDecision } from './decisions.js';
export type { Fault, Faults } from './faults.js';
export type {
  AllowlistEntries,
  AllowlistEntry,
  AllowlistInput,
  Allowlists,
  BlocklistInput,
  Blocklists,
} from './lists.js';
export { publishedLoginBurst, type LoginBurstLimits } from './login-burst.js';
export { parseList, type ParsedList } from './list-file.js';
export type { Enrollment, Machine } from './machines.js';
export type { DelayScheduler } from './scheduler.js';
export { MAX_SIGNALS_PER_CALL } from './signals.js';
export type { AcceptedSignal, RateLimit, SignalBody, SignalDecision, SignalRejection } from './signals.js';
export type { AppsecAnswer, AppsecCall, AppsecOptions, SandboxAppsec } from './appsec.js';
export type { LapiAlert } from './lapi/alerts.js';
export type { LapiBouncer } from './lapi/bouncers.js';
export type { LapiDecision, LapiDecisionInput } from './lapi/decision-database.js';
export type { LapiDecisions, SandboxLapi } from './lapi/lapi.js';
export type { LapiOptions } from './lapi/lapi-options.js';
export type { LapiMachine } from './lapi/watchers.js';
