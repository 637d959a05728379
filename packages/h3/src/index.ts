export { crowdsecMiddleware, type CrowdsecEventContext, type CrowdsecMiddleware } from './middleware.js';
export { crowdsecNitroPlugin, type CrowdsecNitroPlugin, type NitroApp } from './nitro.js';
export type { CrowdsecEvent } from './event.js';
