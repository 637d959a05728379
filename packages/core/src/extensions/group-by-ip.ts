import { formatIp, parseIp } from '../ip/address.js';
import { isOfIpv4 } from '../ip/client-prefix.js';

/**
 * What to count an address by, as a short key: IPv4 by itself (behind NAT64, too), IPv6 by its /64, all of which one
 * client has. A text that is no address stands for itself.
 */
export function groupByIp(ip: string): string {
  if (!ip.includes(':')) return ip;
  const address = parseIp(ip);
  if (address === undefined) return ip;
  if (isOfIpv4(address)) return formatIp(address);
  const [high = 0, low = 0] = address.words;
  return `${high.toString(16)}:${low.toString(16)}`;
}
