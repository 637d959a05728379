import { aligned } from './place-map.js';

/**
 * For each value of a key's leading bits, the first row that starts there or later. Noted row by row, so that no
 * table is gone through a second time.
 */
export class JumpTable {
  /** One more than there are values: where the rows of a value end, those of the next begin. */
  readonly firstRows: Uint32Array;
  /** How far the first word of a key, {@link aligned} if it has four, is shifted to become a place in `firstRows`. */
  readonly shift: number;
  readonly #words: 1 | 4;
  #next = 0;

  /** @param words how many words keys have; @param firstRows of a table that is finished, or blank */
  constructor(words: 1 | 4, firstRows: Uint32Array) {
    this.firstRows = firstRows;
    this.shift = Math.clz32(firstRows.length - 1) + 1;
    this.#words = words;
  }

  /** One to be filled, that goes by so many leading bits, 1 to 31. */
  static blank(words: 1 | 4, bits: number): JumpTable {
    return new JumpTable(words, new Uint32Array((1 << bits) + 1));
  }

  /** The next row, by the first word of its key. */
  note(word: number, row: number): void {
    const place = (this.#words === 1 ? word : aligned(word)) >>> this.shift;
    while (this.#next <= place) this.firstRows[this.#next++] = row;
  }

  /** There are no more rows than these. */
  finish(rows: number): void {
    this.firstRows.fill(rows, this.#next);
  }
}
