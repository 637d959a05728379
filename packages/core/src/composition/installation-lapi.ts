import type { Clock } from '../clock.js';
import type { DecisionIndex } from '../decisions/decision-index.js';
import { parseEndpoint } from '../http/endpoint.js';
import { DecisionLog } from '../lapi/decision-log.js';
import { HeldLapiDecisions } from '../lapi/held-lapi-decisions.js';
import { lapiIdentity } from '../lapi/lapi-identity.js';
import { checkLapiOptions, lapiOptions } from '../lapi/options.js';
import type { Logger } from '../logger.js';
import type { RemediationEngine } from '../remediation/remediation-engine.js';
import type { Store } from '../store/store.js';
import { validate } from '../validate.js';
import { credentialHashOf, streamFilterOf } from './lapi-stream-identity.js';

/**
 * Has the engine look at the decisions of a local API that the processes of the installation have stored; nobody is asked for them.
 *
 * @param given the option `lapi`
 * @returns where they stand
 * @throws CrowdsecError `CROWDSEC_OPTION_INVALID`, or what the store threw
 */
export async function loadLapiDecisions(
  given: unknown,
  parts: {
    readonly engine: RemediationEngine;
    readonly store: Store;
    readonly clock: Clock;
    readonly logger: Logger;
    readonly hasGeo: boolean;
  },
): Promise<readonly DecisionIndex[]> {
  const lapi = validate(lapiOptions, given, 'options.lapi');
  checkLapiOptions(lapi);
  const { name: url } = parseEndpoint(lapi.url, 'options.lapi.url', 'v1');
  const filter = streamFilterOf(lapi, parts.hasGeo);
  const { decisions: network } = lapiIdentity({ url, credential: credentialHashOf(lapi), filter });
  const held = new HeldLapiDecisions({ ...parts, log: new DecisionLog({ store: parts.store, network }) });
  await held.load();
  return held.isLoaded ? [held.index.base, held.index.overlay] : [];
}
