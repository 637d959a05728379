/** The entry of those who write extensions: the contract, what detectors see and answer, and what helps them to count and to compare. */
export {
  EXTENSION_API_VERSION,
  type Extension,
  type ExtensionContext,
  type ExtensionStore,
} from '../extensions/extension.js';
export type { Detector, Outcome, OutcomeDecision } from '../extensions/detector.js';
export type {
  AppEvent,
  DetectionEvent,
  EventKind,
  RequestEvent,
  ResponseEvent,
} from '../extensions/detection-event.js';
export type { RequestTraits } from '../bouncer/request-observer.js';

export type { BucketOptions } from '../extensions/bucket-options.js';
export { groupByIp } from '../extensions/group-by-ip.js';
export { LeakyBuckets } from '../extensions/leaky-buckets.js';
export type { SharedBuckets } from '../extensions/shared-buckets.js';
export type { Overflow, Pour } from '../store/bucket-rules.js';

export { pathTraversal } from '../paths/path-traversal.js';
export { plainPath } from '../paths/plain-path.js';
export { formatGoDuration, parseGoDuration } from '../decisions/go-duration.js';

export type { DecisionSource, PullContext, PullResult } from '../sources/decision-source.js';
