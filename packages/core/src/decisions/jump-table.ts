import { aligned } from './place-map.js';

/**
 * For each value of a key's leading bits, the first row that starts there or later. Noted row by row, so that no
 * table is gone through a second time.
 */
export class JumpTable {
  /** How far the first word of a key, {@link aligned} if it has four, is shifted to become a place in `firstRows`. */
  readonly shift: number;
  /** One more than there are values: where the rows of a value end, those of the next begin. */
  readonly firstRows: Uint32Array;
  readonly #words: 1 | 4;
  #next = 0;

  /** @param rows how many rows come, about; @param words how many words their keys have */
  constructor(rows: number, words: 1 | 4) {
    // Two to four rows to a value.
    const bits = Math.min(20, Math.max(1, 30 - Math.clz32(rows)));
    this.shift = 32 - bits;
    this.firstRows = new Uint32Array((1 << bits) + 1);
    this.#words = words;
  }

  /** The next row, by the first word of its key. */
  note(word: number, row: number): void {
    const place = (this.#words === 1 ? word : aligned(word)) >>> this.shift;
    while (this.#next <= place) this.firstRows[this.#next++] = row;
  }

  /** There are no more rows than these. */
  finish(rows: number): this {
    this.firstRows.fill(rows, this.#next);
    return this;
  }
}
