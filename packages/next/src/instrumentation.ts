import type { Crowdsec, CrowdsecOptions } from '@crowdsec-sdk/core';
import { isBuilding, shareCrowdsec } from './shared.js';

/**
 * Starts the agent of this process with the server, for `instrumentation.ts`:
 *
 * ```ts
 * export async function register() {
 *   if (process.env.NEXT_RUNTIME === 'nodejs') await import('./instrumentation-node');
 * }
 * // instrumentation-node.ts
 * await registerCrowdsec({ env: 'prod', scenarios: ['acme/login-bruteforce'], trustedProxies: 1 });
 * ```
 *
 * From then on, the agent's detectors are told how each judged request was answered. Without it, they are from the
 * first one on that comes after the proxy was loaded.
 *
 * Next ends the process by itself when it is told to. Under `NEXT_MANUAL_SIG_HANDLE=true next start` it leaves that to
 * the application: then SIGTERM and SIGINT first send what waits. Without it, what waits is sent after the next start.
 *
 * @throws CrowdsecError `CROWDSEC_OPTION_INVALID` for a wrong option, and without a rule that tells the client
 */
export async function registerCrowdsec(given: CrowdsecOptions | Crowdsec): Promise<Crowdsec> {
  const crowdsec = shareCrowdsec(given);
  if (isBuilding()) return crowdsec;
  await crowdsec.start();
  if (process.env.NEXT_MANUAL_SIG_HANDLE) {
    // Not `once`: libraries that clean up on signals end the process when they find nobody else listening.
    process.on('SIGTERM', () => void crowdsec.stop().finally(() => process.exit(143)));
    process.on('SIGINT', () => void crowdsec.stop().finally(() => process.exit(130)));
  }
  return crowdsec;
}
