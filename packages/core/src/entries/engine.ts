/** The entry of those who build upon the parts of an agent without the agent: decisions, what they come to, and the way of signals. */
export { canonicalIp, formatIp, parseIp, type IpAddress } from '../ip/address.js';
export { formatPrefix, parsePrefix, PrefixSet, type IpPrefix } from '../ip/prefix.js';
export { isPublicIp } from '../ip/public.js';

export { DecisionIndex } from '../decisions/decision-index.js';
export { DeltaBuilder, type DecisionDelta } from '../decisions/decision-delta.js';
export { RowSet, type ValueKind } from '../decisions/row-set.js';
export { NEVER, untilOf, type RowSource } from '../decisions/row-source.js';
export { LocalDecisions, type LocalDecisionInput } from '../decisions/local-decisions.js';
export { RemediationEngine, type RemediationEngineOptions } from '../remediation/remediation-engine.js';

export { SignalBuffer, type SignalBufferOptions, type SignalListener } from '../signals/buffer.js';
export { Pacer } from '../signals/pacer.js';
export type { ReportChannel, ReportPace } from '../networks/report-channel.js';

export { ExtensionHost, type ExtensionHostOptions, type ExtensionListener } from '../extensions/host.js';
