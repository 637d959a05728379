import { words } from '../ip/parse.js';
import type { IpPrefix } from '../ip/prefix.js';

/** Which prefix lengths are in use, the longest first. */
export class LengthCounts {
  inUse: readonly number[] = [];
  readonly #counts = new Uint32Array(129);

  add(length: number): void {
    if (this.#counts[length]!++ === 0) this.inUse = [...this.inUse, length].sort((a, b) => b - a);
  }

  remove(length: number): void {
    const left = this.#counts[length]! - 1;
    this.#counts[length] = left;
    if (left === 0) this.inUse = this.inUse.filter((other) => other !== length);
  }
}

/** A hash of the first `length` bits of an address. */
export function hashOf(address: Uint32Array, family: 4 | 6, length: number): number {
  let hash = length;
  for (let i = 0, left = length; left > 0; i++, left -= 32) {
    const word = left >= 32 ? address[i]! : address[i]! & (-1 << (32 - left));
    hash = Math.imul(hash ^ word, 0x9e37_79b1) ^ (hash >>> 15);
  }
  return hash ^ family;
}

/** Whether the prefix holds the address read last by `ip/parse`. */
export function holdsWords(prefix: IpPrefix, family: 4 | 6): boolean {
  if (prefix.family !== family) return false;
  for (let i = 0, left = prefix.length; left > 0; i++, left -= 32) {
    const differing = prefix.words[i]! ^ words[i]!;
    if (left >= 32 ? differing !== 0 : differing >>> (32 - left) !== 0) return false;
  }
  return true;
}
