/**
 * Where in the address space there is anything, roughly: a bit for each value of an address's leading bits. Small
 * enough to stay in a processor's cache, it clears most addresses in one look; only what lies in a marked place need
 * be searched for.
 */
export class PlaceMap {
  /** A bit for each place, a power of two of them. */
  readonly marks: Uint32Array;
  readonly #shift: number;
  readonly #words: 1 | 4;

  /** @param words how many words an address has; @param marks of a map made before, or blank */
  constructor(words: 1 | 4, marks: Uint32Array) {
    this.marks = marks;
    this.#shift = Math.clz32(marks.length) - 4;
    this.#words = words;
  }

  /** One without marks, that tells places by so many leading bits, 5 to 31. */
  static blank(words: 1 | 4, bits: number): PlaceMap {
    return new PlaceMap(words, new Uint32Array(1 << (bits - 5)));
  }

  /**
   * Whether there may be anything about an address with this first word: `word | 0`, since larger numbers would be
   * boxed on their way here.
   */
  has(word: number): boolean {
    const place = this.#placeOf(word);
    return ((this.marks[place >>> 5]! >>> (place & 31)) & 1) === 1;
  }

  /** Marks all that the first `length` bits of an address hold. */
  mark(word: number, length: number): void {
    const first = this.#placeOf(word);
    const last = length >= 32 ? first : this.#placeOf(word | (-1 >>> length));
    for (let at = first >>> 5; at <= last >>> 5; at++) {
      const from = at === first >>> 5 ? -1 << (first & 31) : -1;
      const to = at === last >>> 5 ? -1 >>> (31 - (last & 31)) : -1;
      this.marks[at]! |= from & to;
    }
  }

  clear(): void {
    this.marks.fill(0);
  }

  #placeOf(word: number): number {
    return (this.#words === 1 ? word : aligned(word)) >>> this.#shift;
  }
}

/**
 * The first word of an IPv6 address without the three bits that those in use share, `2000::/3`; what lies outside
 * comes to the outermost values. Keeps the order of words.
 */
export function aligned(word: number): number {
  const leading = word >>> 29;
  return leading === 1 ? word << 3 : leading === 0 ? 0 : -1;
}
