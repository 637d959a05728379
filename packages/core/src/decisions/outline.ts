/**
 * Where the rows of a table lie, roughly: small enough to stay in a processor's cache, and most often all that a lookup
 * has to look at. The leading bits of a key's first word are its place; 32 neighbouring places are a block.
 */
export class Outline {
  /** A bit for each place that a row touches, a number for each block. What lies elsewhere, no row holds. */
  readonly touched: Uint32Array;
  /** For each block the first row that starts there or later, and one more for the end of the last. */
  readonly firstRows: Uint32Array;
  /** How far a key's first word, as {@link aligned}, is shifted to become its place. */
  readonly shift: number;
  readonly #words: 1 | 4;
  #next = 0;

  /** @param rows how many rows come, about; @param words how many words their keys have */
  constructor(rows: number, words: 1 | 4) {
    // Two to four rows a block, so that rows touch about a tenth of the places.
    const bits = Math.min(20, Math.max(0, 30 - Math.clz32(rows)));
    this.touched = new Uint32Array(1 << bits);
    this.firstRows = new Uint32Array((1 << bits) + 1);
    this.shift = 27 - bits;
    this.#words = words;
  }

  get byteLength(): number {
    return this.touched.byteLength + this.firstRows.byteLength;
  }

  /**
   * Notes the next row, so that no table is gone through a second time.
   *
   * @param word the first word of its key, @param length how long its prefix is
   * @param isNested a row noted before holds it, so that all it touches is marked already
   */
  note(row: number, word: number, length: number, isNested: boolean): void {
    const first = this.#placeOf(word);
    while (this.#next <= first >>> 5) this.firstRows[this.#next++] = row;
    if (!isNested) this.#touch(first, length >= 32 ? first : this.#placeOf((word | (0xffff_ffff >>> length)) >>> 0));
  }

  /** There are no more rows than these. */
  finish(rows: number): this {
    this.firstRows.fill(rows, this.#next);
    return this;
  }

  #placeOf(word: number): number {
    return (this.#words === 1 ? word : aligned(word)) >>> this.shift;
  }

  #touch(first: number, last: number): void {
    for (let block = first >>> 5; block <= last >>> 5; block++) {
      const from = block === first >>> 5 ? -1 << (first & 31) : -1;
      const to = block === last >>> 5 ? -1 >>> (31 - (last & 31)) : -1;
      this.touched[block]! |= from & to;
    }
  }
}

/**
 * The first word of an IPv6 key without the three bits that addresses in use share, `2000::/3`; what lies outside shares
 * the outermost places. Keeps the order of words.
 */
export function aligned(word: number): number {
  return word < 0x2000_0000 ? 0 : word >= 0x4000_0000 ? -1 : word << 3;
}
