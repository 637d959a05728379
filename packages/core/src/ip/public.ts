import type { IpAddress } from './address.js';
import { PrefixSet, type IpPrefix } from './prefix.js';

/**
 * False for addresses that nobody on the Internet has: loopback, private, carrier-grade NAT, link-local, unique local,
 * multicast, unspecified, reserved and broadcast. Documentation prefixes count as public: they may be reported.
 *
 * @see https://www.iana.org/assignments/iana-ipv4-special-registry
 */
export function isPublicIp(address: IpAddress): boolean {
  return !NOT_PUBLIC.has(address);
}

/** As {@link isPublicIp} of every address in a range. */
export function isPublicPrefix(prefix: IpPrefix): boolean {
  return !NOT_PUBLIC.touches(prefix);
}

const NOT_PUBLIC = PrefixSet.from([
  '0.0.0.0/8',
  '10.0.0.0/8',
  '100.64.0.0/10',
  '127.0.0.0/8',
  '169.254.0.0/16',
  '172.16.0.0/12',
  '192.168.0.0/16',
  '224.0.0.0/4',
  '240.0.0.0/4',
  // Unspecified, loopback, and what once stood for IPv4.
  '::/96',
  'fc00::/7',
  'fe80::/10',
  'fec0::/10',
  'ff00::/8',
]);
