/**
 * The parser of the hot path. It allocates nothing: what it read lies in {@link words} until the next call, so a caller
 * uses it before anything else can run.
 */

/** The address read last: `words[0]` for IPv4, all four for IPv6, the highest first. Nobody else writes to it. */
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

/** A copy of the words of the address read last. By hand: an iterator takes longer than the reading. */
export function wordsRead(family: 4 | 6): number[] {
  return family === 4 ? [words[0]!] : [words[0]!, words[1]!, words[2]!, words[3]!];
}

/** A text that spells the address in {@link words}, and its family; an empty one where none is known. */
let spelling = '';
let spelledFamily: Read = 0;

/** Reads the address that a text is; IPv4-mapped IPv6 reads as IPv4. One that {@link rememberSpelling} was told of is not read again. */
export function readAddress(text: string): Read {
  return text === spelling ? spelledFamily : readIp(text, 0, text.length);
}

/** Says how the address read last is spelled, for a text that is most often read next: that of a client, which is looked up. */
export function rememberSpelling(text: string, family: 4 | 6): void {
  spelling = text;
  spelledFamily = family;
  mapped = false;
}

/** Has these words in place of an address that is read. */
export function takeWords(family: 4 | 6, of: readonly number[]): void {
  forgetSpelling();
  const count = family === 4 ? 1 : 4;
  for (let i = 0; i < count; i++) words[i] = of[i]!;
}

function forgetSpelling(): void {
  if (spelledFamily === 0) return;
  spelling = '';
  spelledFamily = 0;
}

/** Reads the address in `text[start, end)`. */
function readIp(text: string, start: number, end: number): Read {
  forgetSpelling();
  if (
    text.charCodeAt(start) === COLON &&
    text.startsWith(MAPPED, start) &&
    readV4(text, start + MAPPED.length, end) === 4
  ) {
    mapped = true;
    return 4;
  }
  const read = readV4(text, start, end);
  return read === NO_DOT ? readV6(text, start, end) : read;
}

/** How sockets that serve both families spell IPv4: worth a shorter way than that of other IPv6. */
const MAPPED = '::ffff:';

/** An address that breaks IPv4's rules before its first dot may be IPv6. */
const NO_DOT = -1;

function readV4(text: string, start: number, end: number): 4 | 0 | -1 {
  let value = 0;
  let octet = -1;
  let dots = 0;
  for (let i = start; i < end; i++) {
    const digit = text.charCodeAt(i) - ZERO;
    if (digit >= 0 && digit <= 9 && octet !== 0) {
      octet = octet < 0 ? digit : octet * 10 + digit;
      if (octet <= 255) continue;
    } else if (digit === DOT - ZERO && octet >= 0 && dots < 3) {
      value = (value << 8) | octet;
      octet = -1;
      dots++;
      continue;
    }
    return dots === 0 ? NO_DOT : 0;
  }
  if (dots < 3 || octet < 0) return 0;
  words[0] = (value << 8) | octet;
  mapped = false;
  return 4;
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
export let mapped = false;

/** A mask of a 32-bit word: so many ones from the left, 0 to 32, then zeros. */
export function maskOf(bits: number): number {
  return bits === 0 ? 0 : -1 << (32 - bits);
}

function mask(family: 4 | 6, length: number): Read {
  const count = family === 4 ? 1 : 4;
  for (let i = 0; i < count; i++) {
    words[i] = words[i]! & maskOf(Math.min(32, Math.max(0, length - 32 * i)));
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

/** The eight groups of the IPv6 address that is being read. */
const groups = new Uint16Array(8);

function readV6(text: string, start: number, end: number): Read {
  let count = 0;
  let gap = -1;
  let i = start;
  if (end - start >= 2 && text.charCodeAt(i) === COLON) {
    if (text.charCodeAt(i + 1) !== COLON) return 0;
    gap = 0;
    i += 2;
  }
  while (i < end) {
    const from = i;
    let group = 0;
    let code = COLON;
    for (; i < end; i++) {
      code = text.charCodeAt(i);
      const digit = code < 128 ? HEX[code]! : -1;
      if (digit < 0) break;
      group = (group << 4) | digit;
    }
    const digits = i - from;
    if (i < end && code === DOT) return digits === 0 ? 0 : readDottedTail(text, from, end, count, gap);
    const isLast = i === end || code === PERCENT;
    if (i < end && isLast && !isZone(text, i, start, end)) return 0;
    if (digits === 0) return isLast && gap === count ? finish(count, gap) : 0;
    if (digits > 4 || count === 8) return 0;
    groups[count++] = group;
    if (isLast) return finish(count, gap);
    if (code !== COLON || ++i === end) return 0;
    if (text.charCodeAt(i) === COLON) {
      if (gap >= 0) return 0;
      gap = count;
      i++;
    }
  }
  return gap === count ? finish(count, gap) : 0;
}

function readDottedTail(text: string, start: number, end: number, count: number, gap: number): Read {
  if (count > 6) return 0;
  if (readV4(text, start, end) !== 4) {
    const zone = text.indexOf('%', start);
    if (zone < 0 || zone >= end || !isZone(text, zone, start, end) || readV4(text, start, zone) !== 4) return 0;
  }
  groups[count] = words[0]! >>> 16;
  groups[count + 1] = words[0]!;
  return finish(count + 2, gap);
}

/** Spreads the groups over the words; the gap (`::`) takes what is missing, at least one group. */
function finish(count: number, gap: number): Read {
  if (gap < 0 ? count !== 8 : count > 7) return 0;
  if (gap >= 0) {
    for (let to = 7, from = count - 1; to >= gap; to--, from--) groups[to] = from >= gap ? groups[from]! : 0;
  }
  words[0] = (groups[0]! << 16) | groups[1]!;
  words[1] = (groups[2]! << 16) | groups[3]!;
  words[2] = (groups[4]! << 16) | groups[5]!;
  words[3] = (groups[6]! << 16) | groups[7]!;
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

/** The value of a hexadecimal digit by its character code, or -1. */
const HEX = Int8Array.from({ length: 128 }, (_, code) =>
  '0123456789abcdef'.indexOf(String.fromCharCode(code).toLowerCase()),
);
