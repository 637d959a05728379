import { formatIp, parseIp, type IpAddress } from '../ip/address.js';
import { PrefixSet } from '../ip/prefix.js';
import type { SynchronousOptions } from '../synchronous-options.js';

/**
 * Who may tell us of a client in a header: `'loopback'`, `'private'` (which includes loopback), addresses and CIDRs,
 * how many proxies stand in front of us, or a function of an address. Nobody by default.
 *
 * The peer of a Unix socket counts as `127.0.0.1`. A number believes whoever connects: use it only where nobody can
 * reach the server but through that many proxies. It is the one rule here that works where a host has no peer address
 * (Next, Fetch).
 */
export type TrustedProxies = 'loopback' | 'private' | readonly string[] | number | ((ip: string) => boolean);

/** Whether the proxy at this address, `hops` proxies away from us (the peer is 0), may be believed. */
export type IsTrusted = (address: IpAddress | undefined, hops: number) => boolean;

const LOOPBACK = ['127.0.0.0/8', '::1'];
const PRIVATE = [
  ...LOOPBACK,
  '10.0.0.0/8',
  '172.16.0.0/12',
  '192.168.0.0/16',
  '169.254.0.0/16',
  // Shared address space (RFC 6598): pods of EKS, Tailscale, carrier-grade NAT.
  '100.64.0.0/10',
  'fc00::/7',
  'fe80::/10',
];

/** @throws CrowdsecError `CROWDSEC_OPTION_INVALID` for a bad address in a list */
export function trustRule(trusted: TrustedProxies, synchronous: SynchronousOptions): IsTrusted {
  if (typeof trusted === 'number') return (_address, hops) => hops < trusted;
  if (typeof trusted === 'function') {
    return (address) => {
      if (address === undefined) return false;
      const trusts = trusted(formatIp(address));
      return !synchronous.refuses('options.trustedProxies', trusts) && trusts;
    };
  }
  const texts = trusted === 'loopback' ? LOOPBACK : trusted === 'private' ? PRIVATE : trusted;
  const prefixes = PrefixSet.from(texts, 'options.trustedProxies');
  return (address) => address !== undefined && prefixes.has(address);
}

/** Addresses for documentation, which nobody has: whoever trusts one of them trusts the whole Internet. */
const DOCUMENTATION_ADDRESSES = [parseIp('192.0.2.1'), parseIp('2001:db8::1')];

/** Whether a rule believes any address there is, so that a client may call itself what it likes. */
export function trustsEverybody(isTrusted: IsTrusted): boolean {
  return DOCUMENTATION_ADDRESSES.some((address) => isTrusted(address, Number.MAX_SAFE_INTEGER));
}
