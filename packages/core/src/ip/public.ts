import type { IpAddress } from './address.js';
import { embeddedIpv4 } from './embedded-ipv4.js';
import { PrefixSet, type IpPrefix } from './prefix.js';

/**
 * False for addresses that no client on the Internet has: all that IANA's special-purpose registries list (private, carrier-grade NAT,
 * loopback, link-local, unique local, benchmarking, discard-only, protocol assignments, anycast services such as AS112), multicast,
 * unspecified, reserved and broadcast. Documentation prefixes count as public: they may be reported.
 *
 * Addresses of NAT64, 6to4 and Teredo are judged by the IPv4 address in them.
 *
 * @see https://www.iana.org/assignments/iana-ipv4-special-registry
 * @see https://www.iana.org/assignments/iana-ipv6-special-registry
 */
export function isPublicIp(address: IpAddress): boolean {
  return isPublicPrefix({ ...address, length: address.family === 4 ? 32 : 128 });
}

/** As {@link isPublicIp} of every address in a range. */
export function isPublicPrefix(prefix: IpPrefix): boolean {
  return !NOT_PUBLIC.touches(embeddedIpv4(prefix) ?? prefix);
}

const NOT_PUBLIC = PrefixSet.from([
  '0.0.0.0/8',
  '10.0.0.0/8',
  '100.64.0.0/10',
  '127.0.0.0/8',
  '169.254.0.0/16',
  '172.16.0.0/12',
  // Protocol assignments, AS112, AMT, the relays of 6to4, AS112 again.
  '192.0.0.0/24',
  '192.31.196.0/24',
  '192.52.193.0/24',
  '192.88.99.0/24',
  '192.175.48.0/24',
  '192.168.0.0/16',
  // Benchmarking.
  '198.18.0.0/15',
  '224.0.0.0/4',
  '240.0.0.0/4',
  // Global unicast addresses are in 2000::/3. The rest is special (loopback, discard-only, segment routing, unique local, link-local,
  // multicast) or reserved, but for NAT64's 64:ff9b::/96.
  '::/3',
  '4000::/2',
  '8000::/1',
  // Protocol assignments: Teredo, benchmarking, AMT, AS112, ORCHID, drone identifiers.
  '2001::/23',
  // 6to4: an address embeds one IPv4 address; a range that embeds several of them contains private ones.
  '2002::/16',
  // AS112.
  '2620:4f:8000::/48',
]);
