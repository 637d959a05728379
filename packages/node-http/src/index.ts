export { crowdsecHandler, type CrowdsecHandler, type RequestHandler } from './handler.js';
export { crowdsecMiddleware, type CrowdsecMiddleware } from './middleware.js';
export type { UpgradeHandler, UpgradeListener } from './upgrade.js';
