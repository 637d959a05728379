import { mapped, readAddress, rememberSpelling, words, wordsRead } from './parse.js';

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
  const family = readAddress(text);
  return family === 0 ? undefined : { family, words: wordsRead(family) };
}

/** Writes an address the canonical way: dotted IPv4, RFC 5952 for IPv6. */
export function formatIp(address: IpAddress): string {
  return address.family === 4 ? formatV4(address.words[0]!) : formatV6(address.words);
}

/**
 * The one spelling of an address that all its spellings share, or `undefined` if it is not an address. A text that is
 * spelled so already, as most are, is returned as it is.
 */
export function canonicalIp(text: string): string | undefined {
  const family = readAddress(text);
  if (family === 0) return undefined;
  const canonical = family === 4 ? canonicalV4(text) : canonicalV6(text);
  rememberSpelling(canonical, family);
  return canonical;
}

/** The canonical spelling of the address read last, which the text spells. */
function canonicalV4(text: string): string {
  return mapped ? formatV4(words[0]!) : text;
}

function canonicalV6(text: string): string {
  return isCanonicalV6(text, words) ? text : formatV6(words);
}

function formatV4(word: number): string {
  const high = DOTTED[word >>> 24]! + DOTTED[(word >>> 16) & 255]!;
  return high + DOTTED[(word >>> 8) & 255]! + String(word & 255);
}

/** The octets with the dot that follows them. */
const DOTTED = Array.from({ length: 256 }, (_, octet) => `${octet}.`);

const GROUPS = 8;
const COLON = 58;
const DIGITS = '0123456789abcdef';

function formatV6(v6: ArrayLike<number>): string {
  const { start, end } = longestZeroRun(v6);
  let text = '';
  for (let i = 0; i < GROUPS;) {
    if (i === start) {
      text += '::';
      i = end;
      continue;
    }
    if (i > 0 && i !== end) text += ':';
    text += groupAt(v6, i++).toString(16);
  }
  return text;
}

/** Whether a text is what {@link formatV6} writes for the address. */
function isCanonicalV6(text: string, v6: ArrayLike<number>): boolean {
  const { start, end } = longestZeroRun(v6);
  let at = 0;
  for (let i = 0; i < GROUPS;) {
    if (i === start) {
      if (text.charCodeAt(at++) !== COLON || text.charCodeAt(at++) !== COLON) return false;
      i = end;
      continue;
    }
    if (i > 0 && i !== end && text.charCodeAt(at++) !== COLON) return false;
    const group = groupAt(v6, i++);
    for (let shift = highestShift(group); shift >= 0; shift -= 4) {
      if (text.charCodeAt(at++) !== DIGITS.charCodeAt((group >>> shift) & 15)) return false;
    }
  }
  return at === text.length;
}

/** The shift of the first hexadecimal digit of a group, in bits. */
function highestShift(group: number): number {
  if (group > 0xfff) return 12;
  if (group > 0xff) return 8;
  return group > 0xf ? 4 : 0;
}

function groupAt(v6: ArrayLike<number>, group: number): number {
  const word = v6[group >> 1]!;
  return (group & 1) === 0 ? word >>> 16 : word & 0xffff;
}

/** What `::` replaces: the first of the longest runs of at least two zero groups; both are -1 if there is none. */
function longestZeroRun(v6: ArrayLike<number>): { readonly start: number; readonly end: number } {
  let [start, end, longest] = [-1, -1, 1];
  for (let from = 0; from < GROUPS; from++) {
    let to = from;
    while (to < GROUPS && groupAt(v6, to) === 0) to++;
    if (to - from > longest) [start, end, longest] = [from, to, to - from];
    from = to;
  }
  return { start, end };
}
