/**
 * Where in the address space there is anything, and where to look for it, roughly: small enough to stay in a processor's
 * cache, it clears most addresses in one look.
 *
 * The leading bits of an address's first word are its place; 64 neighbouring places are a block. A block is two numbers
 * with a bit for each place that anything reaches into, and the first row that starts in the block or later: side by
 * side, so that a lookup that goes on finds it in the same line of the cache. One more block marks the end.
 */
export class PrefixBitmap {
  readonly blocks: Uint32Array;
  readonly #shift: number;
  readonly #words: 1 | 4;
  /** The block whose first row is noted next. */
  #next = 0;

  /** @param words how many words an address has; @param blocks of a bitmap that is finished, or blank */
  constructor(words: 1 | 4, blocks: Uint32Array) {
    this.blocks = blocks;
    this.#shift = Math.clz32(blocks.length / BLOCK - 1) - 5;
    this.#words = words;
  }

  /** An empty bitmap that distinguishes addresses by this number of leading bits, 6 to 31. */
  static blank(words: 1 | 4, bits: number): PrefixBitmap {
    return new PrefixBitmap(words, new Uint32Array(BLOCK * ((1 << (bits - 6)) + 1)));
  }

  /**
   * The block of an address with this first word, or -1 if there is nothing about it. Takes it as `word | 0`, since
   * larger numbers would be boxed on their way here.
   */
  find(word: number): number {
    const place = this.#placeOf(word);
    const block = place >>> 6;
    const marks = this.blocks[block * BLOCK + ((place >>> 5) & 1)]!;
    return ((marks >>> (place & 31)) & 1) === 0 ? -1 : block;
  }

  /** The first row that starts in the block or later; of the block after it, where its rows end. */
  firstRowOf(block: number): number {
    return this.blocks[block * BLOCK + 2]!;
  }

  /** Marks all that the first `length` bits of an address hold. */
  mark(word: number, length: number): void {
    const first = this.#placeOf(word);
    const last = length >= 32 ? first : this.#placeOf(word | (-1 >>> length));
    for (let at = first >>> 5; at <= last >>> 5; at++) {
      const from = at === first >>> 5 ? -1 << (first & 31) : -1;
      const to = at === last >>> 5 ? -1 >>> (31 - (last & 31)) : -1;
      this.blocks[(at >>> 1) * BLOCK + (at & 1)]! |= from & to;
    }
  }

  /** The next row, by the first word of its key: noted one by one, so that no table is gone through a second time. */
  note(word: number, row: number): void {
    const block = this.#placeOf(word) >>> 6;
    while (this.#next <= block) this.blocks[this.#next++ * BLOCK + 2] = row;
  }

  /** There are no more rows than these. */
  finish(rows: number): void {
    for (let at = this.#next * BLOCK + 2; at < this.blocks.length; at += BLOCK) this.blocks[at] = rows;
  }

  /** Whether all first rows are among so many, and in order. */
  isWithin(rows: number): boolean {
    const { blocks } = this;
    for (let at = 2, before = 0; at < blocks.length; at += BLOCK) {
      const row = blocks[at]!;
      if (row < before || row > rows) return false;
      before = row;
    }
    return blocks[blocks.length - 1] === rows;
  }

  clear(): void {
    this.blocks.fill(0);
  }

  #placeOf(word: number): number {
    return (this.#words === 1 ? word : aligned(word)) >>> this.#shift;
  }
}

/** How many numbers a block takes. */
const BLOCK = 3;

/**
 * The first word of an IPv6 address without the three bits that those in use share, `2000::/3`; what lies outside
 * comes to the outermost values. Keeps the order of words.
 */
function aligned(word: number): number {
  const leading = word >>> 29;
  return leading === 1 ? word << 3 : leading === 0 ? 0 : -1;
}
