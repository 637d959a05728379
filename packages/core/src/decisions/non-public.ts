import { isPublicIp, isPublicPrefix } from '../ip/public.js';
import { prefixLength, words } from '../ip/parse.js';

/**
 * Whether the prefix read last by `ip/parse` holds addresses only that nobody on the Internet has, such as
 * `10.0.0.0/8` or `224.0.0.0/3`. A prefix that holds public addresses too, such as `0.0.0.0/0`, is none.
 */
export function isNonPublicPrefix(family: 4 | 6): boolean {
  const [first] = words;
  if (family === 4 && MAY_BE_NON_PUBLIC[first! >>> 24] === 0 && prefixLength >= 8) return false;
  const length = prefixLength;
  const key = Array.from(family === 4 ? words.subarray(0, 1) : words);
  if (length >= 8) return areEndsNonPublic(family, key, length);
  // No registered block is wider than what one leading byte tells apart, so that the ends of each tell enough.
  const start = key[0]! >>> 24;
  for (let byte = start; byte < start + 2 ** (8 - length); byte++) {
    if (!areEndsNonPublic(family, [(byte << 24) >>> 0, ...key.slice(1)], 8)) return false;
  }
  return true;
}

function areEndsNonPublic(family: 4 | 6, first: readonly number[], length: number): boolean {
  const last = first.map((word, i) => {
    const bits = Math.min(32, Math.max(0, length - 32 * i));
    return bits === 32 ? word : (word | (0xffff_ffff >>> bits)) >>> 0;
  });
  return !isPublicIp({ family, words: first }) && !isPublicIp({ family, words: last });
}

/** By the first byte of an IPv4 address: 1 where not all addresses are public. */
const MAY_BE_NON_PUBLIC = Uint8Array.from({ length: 256 }, (_, byte) =>
  isPublicPrefix({ family: 4, words: [(byte << 24) >>> 0], length: 8 }) ? 0 : 1,
);
