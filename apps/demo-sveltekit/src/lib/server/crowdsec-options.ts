import type { CrowdsecOptions } from '@crowdsec-sdk/core';
import { tellEvents } from './tell-events';

const defaults: CrowdsecOptions = {
  apiUrl: 'http://127.0.0.1:8090',
  scenarios: ['acme/login-bruteforce'],
  ephemeral: true,
};

/**
 * The options of the agent: `CROWDSEC_OPTIONS` as JSON, or a sandbox on this machine; with `CROWDSEC_EVENTS=stdout` it
 * tells what detectors are told.
 */
export function crowdsecOptions(): CrowdsecOptions {
  const given = process.env.CROWDSEC_OPTIONS;
  const options = given === undefined ? defaults : (JSON.parse(given) as CrowdsecOptions);
  return { ...options, extensions: process.env.CROWDSEC_EVENTS === 'stdout' ? [tellEvents] : [] };
}
