import { readIp, words } from './parse.js';

/** An address as numbers. IPv4-mapped IPv6 (`::ffff:1.2.3.4`) is IPv4 here, everywhere. */
export interface IpAddress {
  readonly family: 4 | 6;
  /** One 32-bit word for IPv4, four for IPv6, the highest first. */
  readonly words: readonly number[];
}

/**
 * Reads an address in any legal spelling (RFC 4291): upper case, `::` anywhere, a dotted tail, a zone id (dropped).
 * `undefined` for anything else: leading zeros (`001.2.3.4`), spaces, ports, brackets, missing or hexadecimal octets.
 */
export function parseIp(text: string): IpAddress | undefined {
  const family = readIp(text, 0, text.length);
  return family === 0 ? undefined : { family, words: Array.from(family === 4 ? words.subarray(0, 1) : words) };
}

/** Writes an address the canonical way: dotted IPv4, RFC 5952 for IPv6. */
export function formatIp(address: IpAddress): string {
  return address.family === 4 ? formatV4(address.words[0]!) : formatV6(address.words);
}

/** The one spelling of an address that all its spellings share, or `undefined` if it is not an address. */
export function canonicalIp(text: string): string | undefined {
  const address = parseIp(text);
  return address && formatIp(address);
}

function formatV4(word: number): string {
  return `${word >>> 24}.${(word >>> 16) & 255}.${(word >>> 8) & 255}.${word & 255}`;
}

function formatV6(v6: readonly number[]): string {
  const groups = v6.flatMap((word) => [word >>> 16, word & 0xffff]);
  const gap = longestZeroRun(groups);
  const hex = (from: number, to: number): string =>
    groups
      .slice(from, to)
      .map((group) => group.toString(16))
      .join(':');
  return gap.length < 2 ? hex(0, 8) : `${hex(0, gap.start)}::${hex(gap.start + gap.length, 8)}`;
}

/** The first of the longest runs of zero groups: what `::` stands for. */
function longestZeroRun(groups: readonly number[]): { start: number; length: number } {
  let best = { start: 0, length: 0 };
  for (let start = 0; start < 8; start++) {
    let length = 0;
    while (groups[start + length] === 0) length++;
    if (length > best.length) best = { start, length };
  }
  return best;
}
