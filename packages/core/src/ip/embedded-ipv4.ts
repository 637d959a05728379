import type { IpPrefix } from './prefix.js';

/**
 * The IPv4 address or range that is embedded in an IPv6 one: in `64:ff9b::/96` (NAT64, RFC 6052), `2002::/16` (6to4, RFC 3056), and of a single
 * Teredo address (`2001::/32`, RFC 4380) the client's. `undefined` for every other. A range that is wider than the part that holds the IPv4
 * address embeds none. IPv4-mapped addresses are IPv4 when they are parsed.
 */
export function embeddedIpv4({ family, words, length }: IpPrefix): IpPrefix | undefined {
  if (family === 4) return undefined;
  const [first = 0, second = 0, third = 0, fourth = 0] = words;
  if (length >= 96 && first === NAT64_HIGH && second === 0 && third === 0) return ipv4(fourth, length - 96);
  if (length >= 16 && first >>> 16 === SIX_TO_FOUR) return ipv4((first << 16) | (second >>> 16), length - 16);
  if (length === 128 && first === TEREDO) return ipv4(~fourth, 32);
  return undefined;
}

const NAT64_HIGH = 0x0064_ff9b;
const SIX_TO_FOUR = 0x2002;
const TEREDO = 0x2001_0000;

function ipv4(word: number, length: number): IpPrefix {
  return { family: 4, words: [word >>> 0], length: Math.min(32, length) };
}
