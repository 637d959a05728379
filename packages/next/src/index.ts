export { createCrowdsecProxy, type CrowdsecProxy, type Proxy } from './proxy.js';
export { registerCrowdsec } from './instrumentation.js';
export { getCrowdsec } from './shared.js';
export { CrowdsecBlockedError, withCrowdsec, type CrowdsecContext, type RouteContext } from './with-crowdsec.js';
export type { Crowdsec, CrowdsecOptions, PassVerdict } from '@crowdsec-sdk/core';
