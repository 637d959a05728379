export { crowdsecPlugin } from './plugin.js';
export type { Crowdsec, CrowdsecOptions, SettledVerdict } from '@crowdsec-sdk/core';
