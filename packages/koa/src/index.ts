export { crowdsecMiddleware, type CrowdsecMiddleware, type CrowdsecState } from './middleware.js';
export type { Crowdsec, CrowdsecOptions, SettledVerdict } from '@crowdsec-sdk/core';
