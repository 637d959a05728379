export { crowdsecMiddleware, type CrowdsecMiddleware, type CrowdsecState } from './middleware.js';
export type { Crowdsec, CrowdsecOptions } from '@crowdsec-sdk/core';
export type { SettledVerdict } from '@crowdsec-sdk/core/adapter';
