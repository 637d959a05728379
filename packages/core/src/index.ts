export type { Crowdsec } from './agent.js';
export { createCrowdsec } from './crowdsec.js';
export { hostedCrowdsec, type HostedCrowdsec } from './hosted.js';
export type { CrowdsecOptions } from './options.js';
export type { LapiOptions } from './lapi/options.js';
export type { LapiDecisionsHealth } from './lapi/decisions-health.js';
export type { PullFailure } from './lapi/puller-report.js';
export type { IgnoredDecisions } from './remediation/ignored-decisions.js';
export type { IgnoredCounts, IgnoreReason } from './remediation/ignore-filter.js';
export type { LocalDecisionRequest, LocalDecisionResult } from './decide.js';
export type { LiftAtEngineRequest } from './lift-at-engine.js';
export type { CrowdsecEvents } from './events.js';
export type { DecisionsHealth, Health, Problem, SignalsHealth, StoreHealth } from './health.js';
export { CrowdsecError, isCrowdsecError, type CrowdsecErrorCode, type CrowdsecErrorDetails } from './errors.js';
export { systemClock, type Clock } from './clock.js';
export { timerScheduler, type Scheduler } from './scheduler.js';
export { consoleLogger, silentLogger, type LogData, type Logger, type LogLevel } from './logger.js';
export { SDK_VERSION } from './version.js';
export { ATTRIBUTES, type AttributeName } from './telemetry/attributes.js';
export { type InstrumentDefinition, INSTRUMENTS } from './telemetry/instruments.js';

export { CAPI_PACE } from './capi/capi-pace.js';
export { CapiClient, MAX_SIGNALS_PER_CALL, type StreamQuery } from './capi/client.js';
export type { EnrollOptions, EnrollResult } from './capi/enroll.js';
export type { SessionOptions, SessionState } from './capi/session-options.js';
export { Session } from './capi/session.js';
export { Transport, type CapiRequest, type CapiResponse, type Fetch } from './capi/transport.js';
export { userAgent } from './capi/user-agent.js';
export { API_ROOTS, apiRoot, type ApiEnvironment } from './capi/api-root.js';
export type { Metrics, Signal, WireDecision, WireSignal } from './capi/wire.js';

export { canonicalIp, formatIp, parseIp, type IpAddress } from './ip/address.js';
export { formatPrefix, parsePrefix, PrefixSet, type IpPrefix } from './ip/prefix.js';
export { isPublicIp } from './ip/public.js';

export { pathTraversal } from './paths/path-traversal.js';
export { plainPath } from './paths/plain-path.js';

export { DecisionIndex, type GeoFacts } from './decisions/decision-index.js';
export { DeltaBuilder, type DecisionDelta } from './decisions/decision-delta.js';
export { RowSet, type ValueKind } from './decisions/row-set.js';
export { LocalDecisions, type LocalDecision, type LocalDecisionInput } from './decisions/local-decisions.js';
export { NEVER, untilOf, type DecisionMatch, type RowSource, type Scope } from './decisions/row-source.js';
export { formatGoDuration, parseGoDuration } from './decisions/go-duration.js';
export type { GeoLookup, GeoSource } from './remediation/geo-source.js';
export { maxmindGeo, type MaxmindGeoOptions } from './remediation/maxmind-geo.js';
export type { IpRemediation } from './remediation/ip-remediation.js';
export { RemediationEngine, type RemediationEngineOptions } from './remediation/remediation-engine.js';

export { capiSource } from './sources/capi-source.js';
export { cidrs } from './sources/cidrs.js';
export { listFile, type ListFileOptions } from './sources/list-file.js';
export type { ListOptions, ListSourceOptions } from './sources/list-options.js';
export { listSource } from './sources/list-source.js';
export type { ListChunks } from './sources/read-list.js';
export type { DecisionSource, ListReport, PullContext, PullResult } from './sources/decision-source.js';
export type { DecisionNetwork, RefreshResult, WaitingList } from './refresh/refresh-result.js';

export { SignalBuffer, type SignalBufferOptions, type SignalListener } from './signals/buffer.js';
export { nextCall, type Pace, type PaceInput } from './signals/pace.js';
export { Pacer } from './signals/pacer.js';
export type { ReportChannel, ReportPace } from './networks/report-channel.js';
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

export type {
  AppEvent,
  AppEventKind,
  AppFacts,
  DetectionEvent,
  EventKind,
  ObservedFacts,
  RequestEvent,
  ResponseEvent,
} from './extensions/detection-event.js';
export type { Suppression } from './extensions/outcome-executor.js';
export type { Detector, Outcome, OutcomeDecision } from './extensions/detector.js';
export {
  EXTENSION_API_VERSION,
  type Extension,
  type ExtensionContext,
  type ExtensionStore,
} from './extensions/extension.js';
export type { DetectorHealth, ExtensionHealth, ExtensionState } from './extensions/extension-health.js';
export {
  ExtensionHost,
  type Detection,
  type ExtensionChange,
  type ExtensionHostOptions,
  type ExtensionListener,
} from './extensions/host.js';
export type { BucketOptions } from './extensions/bucket-options.js';
export { groupByIp } from './extensions/group-by-ip.js';
export { LeakyBuckets } from './extensions/leaky-buckets.js';
export type { SharedBuckets } from './extensions/shared-buckets.js';

export type { AppsecHealth, UnseenBody } from './appsec/appsec-health.js';
export type { AppsecFailure, AppsecFailurePolicy, AppsecOptions } from './appsec/options.js';
export type { CaptchaCounts } from './captcha/captcha-counter.js';
export type { CaptchaOptions } from './captcha/captcha-options.js';
export type { CaptchaProvider, ProviderQuestion } from './captcha/captcha-provider.js';
export type { CaptchaSolved } from './captcha/captcha-solved.js';
export type { CaptchaTexts } from './captcha/captcha-texts.js';
export { hcaptcha, recaptcha, turnstile } from './captcha/providers.js';
export type { ProviderOptions } from './captcha/site-verify.js';

export { banRemedy, type BanOptions } from './bouncer/ban-remedy.js';
export { Bouncer } from './bouncer/bouncer.js';
export type { BlockedRequest, BouncerOptions } from './bouncer/bouncer-options.js';
export { clientIpRule, type ClientIp, type ClientIpOptions, type ClientIpRule } from './bouncer/client-ip.js';
export { followAnswer } from './bouncer/follow-answer.js';
export { nodeFacts } from './bouncer/node-facts.js';
export { isDisconnected, peerAddress, type PeerSocket } from './bouncer/peer-address.js';
export type { Remedy, RemedyAnswer, RemedyEndpoint, RemedyRequest, ServedAnswer } from './bouncer/remedy.js';
export { fetchHeaders, nodeHeaders } from './bouncer/response-headers.js';
export type { RequestVerdicts } from './bouncer/request-verdicts.js';
export type { RequestCounts } from './bouncer/request-counter.js';
export type { Answer, RequestObserver, RequestTraits } from './bouncer/request-observer.js';
export type { InspectorFinding, RequestInspector } from './bouncer/request-inspector.js';
export type { Skip } from './bouncer/skip-rule.js';
export type { TrustedProxies } from './bouncer/trusted-proxies.js';
export type {
  BlockVerdict,
  BouncerResponse,
  NodeRequest,
  PassVerdict,
  PendingVerdict,
  RequestFacts,
  RequestHeaders,
  SettledVerdict,
  Verdict,
  VerdictFacts,
} from './bouncer/verdict.js';

export type { BucketRules, Overflow, Pour } from './store/bucket-rules.js';
export { openStore, type OpenStoreOptions } from './store/open-store.js';
export { STATE_KINDS, stateKindOf } from './store/store.js';
export type {
  Blob,
  Journal,
  JournalEntry,
  JsonValue,
  Lease,
  StateKind,
  Store,
  StoredBlob,
  StoredValue,
  StoreKey,
  StoreProblem,
} from './store/store.js';
