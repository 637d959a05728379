import { nameOfClient } from '../ip/client-prefix.js';

/**
 * What to count an address by, as a short key: IPv4 by itself (behind NAT64, too), IPv6 by its /64, all of which one
 * client has. A text that is no address stands for itself.
 */
export function groupByIp(ip: string): string {
  return nameOfClient(ip, (high, low) => `${high.toString(16)}:${low.toString(16)}`);
}
