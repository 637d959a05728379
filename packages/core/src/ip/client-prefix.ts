import { formatIp, parseIp, type IpAddress } from './address.js';
import { formatPrefix } from './prefix.js';

/** RFC 6052: behind this prefix each address is one of IPv4. */
const NAT64_HIGH = 0x0064_ff9b;

/**
 * What one client has, in canonical spelling: an IPv4 address by itself, an IPv6 one with its /64. An address of `64:ff9b::/96` is that of
 * an IPv4 client and stands by itself. A text that is no address is returned unchanged.
 */
export function clientPrefix(ip: string): string {
  return nameOfClient(ip, (high, low) => formatPrefix({ family: 6, words: [high, low, 0, 0], length: 64 }));
}

/** As {@link clientPrefix}, with a given name for the /64 whose first two words these are. */
export function nameOfClient(ip: string, nameOf64: (high: number, low: number) => string): string {
  if (!ip.includes(':')) return ip;
  const address = parseIp(ip);
  if (address === undefined) return ip;
  if (isOfIpv4(address)) return formatIp(address);
  const [high = 0, low = 0] = address.words;
  return nameOf64(high, low);
}

/** Whether a client of IPv4 has the address, so that it has this one alone. */
function isOfIpv4({ family, words: [high, low, third] }: IpAddress): boolean {
  return family === 4 || (high === NAT64_HIGH && low === 0 && third === 0);
}
