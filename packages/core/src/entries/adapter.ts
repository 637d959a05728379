/** The entry of those who write adapters: from a framework's request to facts, from a verdict to its answer. It holds no policy. */
export { hostedCrowdsec, type HostedCrowdsec } from '../hosted.js';

export { nodeFacts } from '../bouncer/node-facts.js';
export { isDisconnected, peerAddress, type PeerSocket } from '../bouncer/peer-address.js';
export type { NodeRequest } from '../bouncer/verdict.js';

export { Bouncer } from '../bouncer/bouncer.js';
export type { BouncerOptions } from '../bouncer/bouncer-options.js';
export type { RemedyEndpoint } from '../bouncer/remedy.js';
export type { InspectorFinding, RequestInspector } from '../bouncer/request-inspector.js';
export type { Answer, RequestObserver } from '../bouncer/request-observer.js';
export type { RequestOutcome, RequestOutcomeKind } from '../bouncer/request-outcomes.js';
export { RequestProperty } from '../bouncer/request-property.js';
export type { BlockVerdict, PendingVerdict, SettledVerdict, Verdict } from '../bouncer/verdict.js';

export { followAnswer } from '../bouncer/follow-answer.js';
export { fetchHeaders, nodeHeaders } from '../bouncer/response-headers.js';
