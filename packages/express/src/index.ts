export { crowdsecMiddleware, type CrowdsecLocals, type CrowdsecMiddleware } from './middleware.js';
export type { Crowdsec, CrowdsecOptions, SettledVerdict } from '@crowdsec-sdk/core';
