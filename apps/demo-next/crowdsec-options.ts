import type { CrowdsecOptions } from '@crowdsec-sdk/core';

/** The options of the agent: `CROWDSEC_OPTIONS` as JSON, or a sandbox on this machine behind one proxy. */
export function crowdsecOptions(): CrowdsecOptions {
  const given = process.env.CROWDSEC_OPTIONS;
  if (given !== undefined) return JSON.parse(given) as CrowdsecOptions;
  return { apiUrl: 'http://127.0.0.1:8090', scenarios: ['acme/login-bruteforce'], trustedProxies: 1, ephemeral: true };
}
