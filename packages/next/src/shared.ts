import { createCrowdsec, CrowdsecError, type Crowdsec, type CrowdsecOptions } from '@crowdsec-sdk/core';
import { watchServedRequests } from './served-request.js';

/**
 * Next gives `proxy.ts`, `instrumentation.ts` and each route a copy of their own of every module in one process: only
 * what hangs on
 * `globalThis` is the same for all.
 */
const KEY = Symbol.for('@crowdsec-sdk/next');
const place = globalThis as { [KEY]?: Crowdsec };

/**
 * The agent of this process, made of the options by whoever comes first; later ones get the same, whatever their
 * options.
 *
 * @throws CrowdsecError `CROWDSEC_OPTION_INVALID` for a wrong option, and without a rule that tells the client
 */
export function shareCrowdsec(given: CrowdsecOptions | Crowdsec): Crowdsec {
  if (place[KEY] !== undefined) return place[KEY];
  const crowdsec = 'bouncer' in given ? given : createCrowdsec(given);
  if (!crowdsec.bouncer.worksWithoutPeer) {
    throw new CrowdsecError(
      'CROWDSEC_OPTION_INVALID',
      'options.trustedProxies: Next does not tell who is connected, so say how many proxies stand in front of it (`trustedProxies: 1`), ' +
        'or tell the client of a request yourself (`clientIp: ({ headers }) => …`)',
      { path: 'options.trustedProxies' },
    );
  }
  if (!isBuilding()) watchServedRequests();
  return (place[KEY] = crowdsec);
}

/**
 * The agent of this process: to report to, and to ask.
 *
 * @throws CrowdsecError `CROWDSEC_OPTION_INVALID` when neither `registerCrowdsec` nor `createCrowdsecProxy` has made
 * one
 */
export function getCrowdsec(): Crowdsec {
  if (place[KEY] !== undefined) return place[KEY];
  throw new CrowdsecError(
    'CROWDSEC_OPTION_INVALID',
    'There is no agent yet: call registerCrowdsec(options) in instrumentation.ts, or createCrowdsecProxy(options) in proxy.ts.',
  );
}

/** True while `next build` looks at the modules: nothing is started then. */
export function isBuilding(): boolean {
  return process.env.NEXT_PHASE === 'phase-production-build';
}
