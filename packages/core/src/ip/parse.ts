/**
 * The parser of the hot path. It allocates nothing: what it read lies in {@link words} until the next call, so a caller
 * uses it before anything else can run.
 */

/** The address read last: `words[0]` for IPv4, all four for IPv6, the highest first. */
export const words = new Uint32Array(4);

/** How long the prefix read last is: 0 to 32 for IPv4, 0 to 128 for IPv6. */
export let prefixLength = 0;

/** What was read: the family, or 0 for text that is not an address. */
export type Read = 0 | 4 | 6;

const ZERO = 48;
const NINE = 57;
const DOT = 46;
const SLASH = 47;
const COLON = 58;
const PERCENT = 37;

/** Reads the address in `text[start, end)`; IPv4-mapped IPv6 reads as IPv4. */
export function readIp(text: string, start: number, end: number): Read {
  // An IPv6 address has a colon among its first five characters, an IPv4 address a dot among its first four.
  for (let i = start; i < end && i < start + 5; i++) {
    const code = text.charCodeAt(i);
    if (code === DOT) return readV4(text, start, end) ? 4 : 0;
    if (code === COLON) return readV6(text, start, end);
  }
  return 0;
}

/** Reads an address or a CIDR in `text[start, end)`, masks the host bits and sets {@link prefixLength}. */
export function readPrefix(text: string, start: number, end: number): Read {
  let slash = end;
  while (slash > start && slash > end - 4 && text.charCodeAt(slash - 1) !== SLASH) slash--;
  if (slash === start || text.charCodeAt(slash - 1) !== SLASH) {
    const family = readIp(text, start, end);
    prefixLength = family === 4 ? 32 : 128;
    return family;
  }
  const length = readLength(text, slash, end);
  const family = readIp(text, start, slash - 1);
  if (family === 0 || length < 0 || length > (family === 6 || mapped ? 128 : 32)) return 0;
  if (family === 4 && mapped && length < 96) {
    words.set([0, 0, 0xffff, words[0]!]);
    return mask(6, length);
  }
  return mask(family, family === 4 && mapped ? length - 96 : length);
}

/** The address read last was IPv4 in its IPv6 spelling. */
let mapped = false;

function mask(family: 4 | 6, length: number): Read {
  const count = family === 4 ? 1 : 4;
  for (let i = 0; i < count; i++) {
    const bits = Math.min(32, Math.max(0, length - 32 * i));
    words[i] = words[i]! & (bits === 0 ? 0 : -1 << (32 - bits));
  }
  prefixLength = length;
  return family;
}

/** A prefix length without sign or leading zero, or -1. */
function readLength(text: string, start: number, end: number): number {
  if (start === end || (text.charCodeAt(start) === ZERO && end - start > 1)) return -1;
  let length = 0;
  for (let i = start; i < end; i++) {
    const code = text.charCodeAt(i);
    if (code < ZERO || code > NINE) return -1;
    length = length * 10 + code - ZERO;
  }
  return length;
}

function readV4(text: string, start: number, end: number): boolean {
  let value = 0;
  let octet = -1;
  let dots = 0;
  for (let i = start; i < end; i++) {
    const code = text.charCodeAt(i);
    if (code >= ZERO && code <= NINE) {
      if (octet === 0) return false;
      octet = octet < 0 ? code - ZERO : octet * 10 + code - ZERO;
      if (octet > 255) return false;
    } else {
      if (code !== DOT || octet < 0 || dots === 3) return false;
      value = (value << 8) | octet;
      octet = -1;
      dots++;
    }
  }
  if (dots !== 3 || octet < 0) return false;
  words[0] = (value << 8) | octet;
  mapped = false;
  return true;
}

/** The eight groups of the IPv6 address that is being read. */
const groups = new Uint16Array(8);

function readV6(text: string, start: number, end: number): Read {
  let count = 0;
  let gap = -1;
  let i = start;
  if (text.charCodeAt(i) === COLON) {
    if (text.charCodeAt(i + 1) !== COLON) return 0;
    gap = 0;
    i += 2;
  }
  while (i < end) {
    const first = text.charCodeAt(i);
    if (first === PERCENT) return isZone(text, i, start, end) ? finish(count, gap) : 0;
    if (count === 8) return 0;
    let group = 0;
    let at = i;
    for (; at < end && at < i + 4; at++) {
      const digit = hexDigit(text.charCodeAt(at));
      if (digit < 0) break;
      group = (group << 4) | digit;
    }
    if (at === i) return 0;
    const next = at < end ? text.charCodeAt(at) : PERCENT;
    if (next === DOT) return readDottedTail(text, i, end, count, gap);
    groups[count++] = group;
    i = at;
    if (at === end) break;
    if (next === PERCENT) continue;
    if (next !== COLON) return 0;
    i++;
    if (i < end && text.charCodeAt(i) === COLON) {
      if (gap >= 0) return 0;
      gap = count;
      i++;
    } else if (i === end || text.charCodeAt(i) === PERCENT) return 0;
  }
  return finish(count, gap);
}

function readDottedTail(text: string, start: number, end: number, count: number, gap: number): Read {
  let stop = start;
  while (stop < end && text.charCodeAt(stop) !== PERCENT) stop++;
  if (count > 6 || !readV4(text, start, stop) || (stop < end && !isZone(text, stop, start, end))) return 0;
  groups[count] = words[0]! >>> 16;
  groups[count + 1] = words[0]! & 0xffff;
  return finish(count + 2, gap);
}

/** Spreads the groups over the words; the gap (`::`) takes what is missing, at least one group. */
function finish(count: number, gap: number): Read {
  if (gap < 0 ? count !== 8 : count > 7) return 0;
  if (gap >= 0) {
    groups.copyWithin(8 - (count - gap), gap, count);
    groups.fill(0, gap, 8 - (count - gap));
  }
  for (let i = 0; i < 4; i++) words[i] = (groups[2 * i]! << 16) | groups[2 * i + 1]!;
  mapped = words[0] === 0 && words[1] === 0 && words[2] === 0xffff;
  if (!mapped) return 6;
  words[0] = words[3]!;
  return 4;
}

/** A zone id: `%` and at least one character, none of them a space or a slash; never first. */
function isZone(text: string, percent: number, start: number, end: number): boolean {
  if (percent === start || percent + 1 === end) return false;
  for (let i = percent + 1; i < end; i++) {
    const code = text.charCodeAt(i);
    if (code <= 32 || code === SLASH || code === PERCENT) return false;
  }
  return true;
}

function hexDigit(code: number): number {
  if (code >= ZERO && code <= NINE) return code - ZERO;
  const lower = code | 32;
  return lower >= 97 && lower <= 102 ? lower - 87 : -1;
}
