import { PrefixBitmap } from './prefix-bitmap.js';
import type { Family } from './row-set.js';
import { compareRows, type Rows } from './rows.js';
import { SourceStats } from './source-stats.js';

/**
 * Prefixes of one family with their sources and ends, in one array of numbers; immutable but for {@link changeEnd}.
 *
 * A row is its key (`words` numbers), `source << 16 | prefix length`, its end, and its parent; all in one place,
 * since a lookup costs what it touches in memory. Rows are sorted by first address, then widest first. Two prefixes
 * nest or are disjoint, never overlap otherwise, so the last row that starts at or before an address either holds
 * it, or one of its ancestors is the narrowest row that does; from there the parents lead through all rows that hold
 * it. The {@link PrefixBitmap} clears most addresses before anything of that, and leaves a binary search of a few rows.
 */
export class DecisionTable implements Rows {
  readonly words: 1 | 4;
  readonly stride: number;
  readonly data: Uint32Array;
  readonly size: number;
  readonly stats: SourceStats;
  readonly #bitmap: PrefixBitmap;

  /** @param columns of another table with keys of as many words; a {@link TableWriter} makes the first */
  constructor(words: 1 | 4, columns: TableColumns) {
    const [data, blocks, ...stats] = columns;
    this.words = words;
    this.stride = words + 3;
    this.data = data;
    this.size = data.length / this.stride;
    this.stats = new SourceStats(...stats);
    this.#bitmap = new PrefixBitmap(words, blocks);
  }

  /** All that the table consists of: with it, a table stands without going through its rows. */
  get columns(): TableColumns {
    const { counts, firstEnds, lastEnds } = this.stats;
    return [this.data, this.#bitmap.blocks, counts, firstEnds, lastEnds];
  }

  get byteLength(): number {
    return this.columns.reduce((sum, column) => sum + column.byteLength, 0);
  }

  /** Whether the bitmap, which may have been read from a store, leads to rows that there are. */
  hasSoundOutline(): boolean {
    return this.#bitmap.isWithin(this.size);
  }

  lengthOf(row: number): number {
    return this.data[row * this.stride + this.words]! & 255;
  }

  sourceOf(row: number): number {
    return this.data[row * this.stride + this.words]! >>> 16;
  }

  /** When the row ends, in seconds since the epoch; `NEVER` for no end. */
  untilOf(row: number): number {
    return this.data[row * this.stride + this.words + 1]!;
  }

  /** The next row that holds all that `row` holds, or -1. */
  parentOf(row: number): number {
    return this.data[row * this.stride + this.words + 2]! - 1;
  }

  /** The first row about the same prefix as `row` of others, or -1. */
  firstOfPrefix(rows: Rows, row: number): number {
    let low = 0;
    let high = this.size;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (compareRows(this, middle, rows, row, this.words) < 0) low = middle + 1;
      else high = middle;
    }
    return low < this.size && compareRows(this, low, rows, row, this.words) === 0 ? low : -1;
  }

  /**
   * Gives a row another end in its place: the one change that a table takes. What is over by then stays a row, until the next merge leaves
   * it behind.
   *
   * @param until in seconds since the epoch; 0 for a row that is deleted
   */
  changeEnd(row: number, until: number): void {
    this.stats.changeEnd(this.sourceOf(row), this.untilOf(row), until);
    this.data[row * this.stride + this.words + 1] = until;
  }

  /** The narrowest row before `row` that holds all that it holds, or -1: what {@link parentOf} must be, if those before are right. */
  holderBefore(row: number): number {
    return narrowestBefore(this, row);
  }

  /** Whether two rows are about the same prefix. */
  isSamePrefix(row: number, other: number): boolean {
    const { data, words, stride } = this;
    if (this.lengthOf(row) !== this.lengthOf(other)) return false;
    for (let i = 0; i < words; i++) if (data[row * stride + i] !== data[other * stride + i]) return false;
    return true;
  }

  /**
   * The narrowest row that holds an address of 32 bits, or -1. Takes it in an array: a number this large would be
   * boxed.
   */
  holderOf32(address: Uint32Array): number {
    const { data } = this;
    const key = address[0]!;
    const block = this.#bitmap.find(key | 0);
    if (block < 0) return -1;
    let low = this.#bitmap.firstRowOf(block);
    let high = this.#bitmap.firstRowOf(block + 1);
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (data[middle * 4]! <= key) low = middle + 1;
      else high = middle;
    }
    let row = low - 1;
    while (row >= 0) {
      const length = data[row * 4 + 1]! & 255;
      if (length === 0 || (data[row * 4]! ^ key) >>> (32 - length) === 0) return row;
      row = data[row * 4 + 3]! - 1;
    }
    return -1;
  }

  /** The narrowest row that holds an address of 128 bits, or -1. */
  holderOf128(address: Uint32Array): number {
    const block = this.#bitmap.find(address[0]! | 0);
    if (block < 0) return -1;
    let low = this.#bitmap.firstRowOf(block);
    let high = this.#bitmap.firstRowOf(block + 1);
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.#startsAfter(middle, address)) high = middle;
      else low = middle + 1;
    }
    let row = low - 1;
    while (row >= 0 && !startsWith(address, 0, this.data, row * 7, this.lengthOf(row))) row = this.parentOf(row);
    return row;
  }

  #startsAfter(row: number, address: Uint32Array): boolean {
    const { data } = this;
    const at = row * 7;
    if (data[at] !== address[0]) return data[at]! > address[0]!;
    if (data[at + 1] !== address[1]) return data[at + 1]! > address[1]!;
    if (data[at + 2] !== address[2]) return data[at + 2]! > address[2]!;
    return data[at + 3]! > address[3]!;
  }
}

/** A table of each family. */
export type Tables = Readonly<Record<Family, DecisionTable>>;

/** Rows; the bitmap; counts, first ends and last ends by source. */
export type TableColumns = readonly [
  data: Uint32Array,
  blocks: Uint32Array,
  counts: Uint32Array,
  firstEnds: Uint32Array,
  lastEnds: Uint32Array,
];

/** Builds a table from rows that come in its order. */
export class TableWriter implements Rows {
  readonly words: 1 | 4;
  readonly stride: number;
  readonly data: Uint32Array;
  readonly #stats: SourceStats;
  readonly #bitmap: PrefixBitmap;
  #size = 0;

  /** @param options.capacity how many rows come at most; `expected`: about; `sources`: how many these have at most */
  constructor(
    words: 1 | 4,
    options: { readonly capacity: number; readonly expected: number; readonly sources: number },
  ) {
    this.words = words;
    this.stride = words + 3;
    this.data = new Uint32Array(options.capacity * this.stride);
    this.#stats = SourceStats.blank(options.sources);
    // 7 to 14 places a row, of which rows mark about a tenth, and 5 to 9 rows a block: at most 2.6 bytes a row.
    // Twice as much for IPv6, of whose places most lie where nobody is.
    const bits = 31 - Math.clz32(14 * Math.min(1 << 22, Math.max(10, options.expected))) + (words === 4 ? 1 : 0);
    this.#bitmap = PrefixBitmap.blank(words, bits);
  }

  get size(): number {
    return this.#size;
  }

  /** Adds `row` of other rows under a source of this table. */
  push(from: Rows, row: number, source: number, until: number): void {
    const { words, data } = this;
    const to = this.#size * this.stride;
    const at = row * from.stride;
    for (let i = 0; i < words; i++) data[to + i] = from.data[at + i]!;
    data[to + words] = (source << 16) | (from.data[at + words]! & 255);
    data[to + words + 1] = until;
    data[to + words + 2] = narrowestBefore(this, this.#size) + 1;
    this.#note(this.#size++);
  }

  finish(): DecisionTable {
    const used = this.#size * this.stride;
    // A view keeps all of its buffer alive: worth a copy when much of it is unused.
    const data = used < this.data.length * 0.9 ? this.data.slice(0, used) : this.data.subarray(0, used);
    this.#bitmap.finish(this.#size);
    const { counts, firstEnds, lastEnds } = this.#stats;
    return new DecisionTable(this.words, [data, this.#bitmap.blocks, counts, firstEnds, lastEnds]);
  }

  #note(row: number): void {
    const { data, words } = this;
    const at = row * this.stride;
    const word = data[at]! | 0;
    const meta = data[at + words]!;
    this.#stats.note(meta >>> 16, data[at + words + 1]!);
    this.#bitmap.note(word, row);
    // What a row's parent holds is marked already.
    if (data[at + words + 2] === 0) this.#bitmap.mark(word, meta & 255);
  }
}

/** The row before, or the narrowest of its ancestors that holds the row; -1 for none. */
function narrowestBefore({ data, words, stride }: Rows & { readonly words: 1 | 4 }, row: number): number {
  let parent = row - 1;
  while (parent >= 0 && !startsWith(data, row * stride, data, parent * stride, data[parent * stride + words]! & 255)) {
    parent = data[parent * stride + words + 2]! - 1;
  }
  return parent;
}

/** A table without rows. */
export function emptyTable(words: 1 | 4): DecisionTable {
  return new TableWriter(words, { capacity: 0, expected: 0, sources: 0 }).finish();
}

/** Whether the key at `at` begins with the first `length` bits of the one at `prefixAt`. */
function startsWith(key: Uint32Array, at: number, prefix: Uint32Array, prefixAt: number, length: number): boolean {
  let left = length;
  for (; left >= 32; left -= 32) if (key[at++] !== prefix[prefixAt++]) return false;
  return left === 0 || (key[at]! ^ prefix[prefixAt]!) >>> (32 - left) === 0;
}
