export { crowdsecMiddleware, type CrowdsecEnv, type CrowdsecMiddleware } from './middleware.js';
export type { Crowdsec, CrowdsecOptions } from '@crowdsec-sdk/core';
export type { SettledVerdict } from '@crowdsec-sdk/core/adapter';
