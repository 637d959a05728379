/**
 * The entry of applications: makes an agent, and names what its options take and its calls and events give. The other entries are for
 * those who write extensions, adapters, and parts of an agent of their own (docs/architecture.md).
 */
export type { Crowdsec } from './agent.js';
export { createCrowdsec } from './crowdsec.js';
export type { CrowdsecOptions } from './options.js';
export type { LapiOptions } from './lapi/options.js';
export type { Fetch } from './capi/transport.js';
export { CrowdsecError, isCrowdsecError, type CrowdsecErrorCode, type CrowdsecErrorDetails } from './errors.js';
export { systemClock, type Clock } from './clock.js';
export { timerScheduler, type Scheduler } from './scheduler.js';
export { consoleLogger, silentLogger, type LogData, type Logger, type LogLevel } from './logger.js';
export { SDK_VERSION } from './version.js';

export type { CrowdsecEvents } from './events.js';
export type { BlockedRequest } from './bouncer/bouncer-options.js';
export type { CaptchaSolved } from './captcha/captcha-solved.js';
export type { Detection, ExtensionChange } from './extensions/host.js';
export type { Suppression } from './extensions/outcome-executor.js';

export type { DecisionsHealth, Health, Problem, SignalsHealth, StoreHealth } from './health.js';
export type { CapiPullFailure } from './refresh/pull-budget.js';
export type { SignalsFailure } from './signals/buffer.js';
export type { AppsecFailureReport, AppsecHealth, UnseenBody } from './appsec/appsec-health.js';
export type { RequestCounts } from './bouncer/request-counter.js';
export type { SessionState } from './capi/session-options.js';
export type { CaptchaCounts } from './captcha/captcha-counter.js';
export type { DetectorHealth, ExtensionHealth, ExtensionState } from './extensions/extension-health.js';
export type { LapiDecisionsHealth } from './lapi/decisions-health.js';
export type { PullFailure } from './lapi/puller-report.js';
export type { IgnoredCounts, IgnoreReason } from './remediation/ignore-filter.js';
export type { ListReport } from './sources/decision-source.js';
export type { StoreProblem } from './store/store.js';
export { ATTRIBUTES, type AttributeName } from './telemetry/attributes.js';
export { INSTRUMENTS, type InstrumentDefinition } from './telemetry/instruments.js';

export type { EnrollOptions, EnrollResult } from './capi/enroll.js';
export type { LocalDecisionRequest, LocalDecisionResult } from './decide.js';
export type { LocalDecision } from './decisions/local-decisions.js';
export type { DecisionMatch, Scope } from './decisions/row-source.js';
export type { AppEventKind, AppFacts, ObservedFacts } from './extensions/detection-event.js';
export type { LiftAtEngineRequest } from './lift-at-engine.js';
export type { DecisionNetwork, RefreshResult, WaitingList } from './refresh/refresh-result.js';
export type { IpRemediation } from './remediation/ip-remediation.js';
export type { PoisonedSignal, RetryResult } from './signals/poisoned.js';
export type {
  FlushResult,
  PushResult,
  Receipt,
  RefusalReason,
  Report,
  ReportedDecision,
  SignalKind,
  Whisper,
} from './signals/report.js';

export type { IgnoredDecisions } from './remediation/ignored-decisions.js';
export type { GeoFacts } from './decisions/decision-index.js';
export type { GeoLookup, GeoSource } from './remediation/geo-source.js';
export { maxmindGeo, type MaxmindGeoOptions } from './remediation/maxmind-geo.js';
export { cidrs } from './sources/cidrs.js';
export { listFile, type ListFileOptions } from './sources/list-file.js';
export type { ListOptions, ListSourceOptions } from './sources/list-options.js';
export { listSource } from './sources/list-source.js';
export type { ListChunks } from './sources/read-list.js';

export type { AppsecFailure, AppsecFailurePolicy, AppsecOptions } from './appsec/options.js';
export { banRemedy, type BanOptions } from './bouncer/ban-remedy.js';
export type { Remedy, RemedyAnswer, RemedyRequest, ServedAnswer } from './bouncer/remedy.js';
export type { Skip } from './bouncer/skip-rule.js';
export type { TrustedProxies } from './bouncer/trusted-proxies.js';
export type { BouncerResponse, PassVerdict, RequestFacts, RequestHeaders, VerdictFacts } from './bouncer/verdict.js';
export type { CaptchaOptions } from './captcha/captcha-options.js';
export type { CaptchaProvider, ProviderQuestion } from './captcha/captcha-provider.js';
export type { CaptchaTexts } from './captcha/captcha-texts.js';
export { hcaptcha, recaptcha, turnstile } from './captcha/providers.js';
export type { ProviderOptions } from './captcha/site-verify.js';
