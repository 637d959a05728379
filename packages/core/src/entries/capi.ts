/** The entry of those who speak to CrowdSec's Central API themselves: the client, its session, and what goes over the wire. */
export { API_ROOTS, apiRoot, type ApiEnvironment } from '../capi/api-root.js';
export { CAPI_PACE } from '../capi/capi-pace.js';
export { CapiClient, MAX_SIGNALS_PER_CALL, type StreamQuery } from '../capi/client.js';
export type { SessionOptions } from '../capi/session-options.js';
export { Session } from '../capi/session.js';
export { Transport, type CapiRequest, type CapiResponse } from '../capi/transport.js';
export { userAgent } from '../capi/user-agent.js';
export type { Metrics, Signal, WireDecision, WireSignal } from '../capi/wire.js';
export { capiSource } from '../sources/capi-source.js';
