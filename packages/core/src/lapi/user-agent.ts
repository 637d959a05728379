import { userAgentOptions } from '../capi/user-agent.js';
import { validate } from '../validate.js';

/** LAPI takes what begins with `crowdsec/` for an engine, so the type must not be that. */
export const USER_AGENT_TYPE = 'crowdsec-sdk-node-bouncer';

/**
 * The user agent of every call to LAPI, `crowdsec-sdk-node-bouncer[_<suffix>]/<version>`. LAPI splits it at its one slash into the type
 * and the version that `cscli bouncers list` shows; with more or fewer slashes it refuses logins.
 *
 * @param options.suffix names the product, `[A-Za-z0-9]{0,16}`
 * @param options.version version of the product, `vX.Y.Z`; the SDK's own by default
 * @throws CrowdsecError `CROWDSEC_OPTION_INVALID`
 */
export function lapiUserAgent(options: { readonly suffix?: string; readonly version?: string } = {}): string {
  const { suffix, version } = validate(userAgentOptions, options, 'userAgent');
  return suffix === '' ? `${USER_AGENT_TYPE}/${version}` : `${USER_AGENT_TYPE}_${suffix}/${version}`;
}
