export { crowdsecMiddleware, type CrowdsecEnv, type CrowdsecMiddleware } from './middleware.js';
export type { Crowdsec, CrowdsecOptions, SettledVerdict } from '@crowdsec-sdk/core';
