import { crowdsecNitroPlugin } from '@crowdsec-sdk/h3';
import { crowdsecOptions } from './crowdsec-options';

/** The plugin, with the agent behind it: routes report to it. */
export const guard = crowdsecNitroPlugin(crowdsecOptions());
