import * as z from 'zod';
import { capiOptions } from '../capi/options.js';
import type { CrowdsecOptions } from '../options.js';
import { refreshOptions } from '../refresh/options.js';
import { agentGeo, remediationOptions } from '../remediation/remediation-options.js';
import { isNamed, NAMESPACE_MISSING, storeOptions } from '../store/options.js';
import { validate } from '../validate.js';

/** Of the options of an agent, those that say where its state is and what decisions come to. The others are not looked at. */
const schema = z
  .object({
    env: capiOptions.env,
    apiUrl: capiOptions.apiUrl,
    // Checked where it is needed, by what is loaded only then.
    lapi: z.unknown().optional(),
    ...storeOptions,
    ...remediationOptions.shape,
    geo: agentGeo,
    maxLocalDecisions: refreshOptions.maxLocalDecisions,
  })
  .refine(isNamed, NAMESPACE_MISSING);

/** What an installation is opened by. */
export type InstallationOptions = z.output<typeof schema>;

/** @throws CrowdsecError `CROWDSEC_OPTION_INVALID` with the path of what is wrong */
export function parseInstallationOptions(options: CrowdsecOptions): InstallationOptions {
  return validate(schema, options, 'options');
}
