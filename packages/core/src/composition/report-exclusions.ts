import type { Actions } from '../extensions/outcome-executor.js';
import { interfaceIps } from '../interface-ips.js';
import type { IpAddress } from '../ip/address.js';
import { embeddedIpv4 } from '../ip/embedded-ipv4.js';
import { PrefixSet, type IpPrefix } from '../ip/prefix.js';
import { isPublicPrefix } from '../ip/public.js';

/** Why an address is never reported or acted on; `undefined` when it may be. */
export type ReasonNotReportable = (prefix: IpPrefix) => ReturnType<Actions['reasonNotReportable']>;

/**
 * The addresses that are never reported: those that are not public, those of this host, and allow-listed ones. An IPv6 address that stands
 * for one of IPv4 (NAT64, 6to4) is judged by that, too.
 *
 * @throws CrowdsecError `CROWDSEC_OPTION_INVALID` for one of `ownIps` that is no address
 */
export function reportExclusions(options: {
  readonly ownIps: readonly string[];
  readonly isAllowed: (address: IpAddress) => boolean;
}): ReasonNotReportable {
  const ownIps = PrefixSet.from([...options.ownIps, ...interfaceIps()], 'options.ownIps');
  const reasonFor: ReasonNotReportable = (prefix) => {
    if (!isPublicPrefix(prefix)) return 'non-public-ip';
    if (ownIps.touches(prefix)) return 'own-ip';
    return options.isAllowed(prefix) ? 'allowlisted-ip' : undefined;
  };
  return (prefix) => {
    const inside = embeddedIpv4(prefix);
    return reasonFor(prefix) ?? (inside && reasonFor(inside));
  };
}
