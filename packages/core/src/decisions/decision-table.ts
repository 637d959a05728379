import { compareRows } from './row-runs.js';

/**
 * Prefixes of one family with their sources and ends, in typed arrays; immutable.
 *
 * Rows are sorted by first address, then widest first. Two prefixes nest or are disjoint, never overlap otherwise, so the
 * last row that starts at or before an address either holds it, or one of its ancestors is the narrowest row that does; from
 * there `parent` leads through all rows that hold it. `jump` has, for each value of an address's leading bits, the
 * first row that starts there, which leaves a binary search of a few rows.
 */
export class DecisionTable {
  readonly words: 1 | 4;
  readonly size: number;
  /** `words` numbers a row, the highest first. */
  readonly keys: Uint32Array;
  /** `source << 16 | prefix length`. */
  readonly meta: Uint32Array;
  /** In seconds since the epoch; `NEVER` for no end. */
  readonly until: Uint32Array;
  /** The narrowest row that holds this one, or the next one of the same prefix; -1 for none. */
  readonly #parent: Int32Array;
  readonly #jump: Uint32Array;
  readonly #shift: number;

  /** @param columns checked: see {@link TableWriter} */
  constructor(columns: TableColumns) {
    this.words = columns.words;
    this.size = columns.meta.length;
    this.keys = columns.keys;
    this.meta = columns.meta;
    this.until = columns.until;
    this.#parent = columns.parent;
    const bits = Math.min(18, Math.max(1, 31 - Math.clz32(this.size)));
    this.#shift = 32 - bits;
    this.#jump = jumpTable(this, bits);
  }

  get byteLength(): number {
    const columns = [this.keys, this.meta, this.until, this.#parent, this.#jump];
    return columns.reduce((sum, column) => sum + column.byteLength, 0);
  }

  /** The next row that holds all that `row` holds, or -1. */
  parent(row: number): number {
    return this.#parent[row]!;
  }

  /** The narrowest row that holds an address of 32 bits, or -1. Takes it in an array: a number this large would be boxed. */
  holderOf32(words: Uint32Array): number {
    const { keys, meta } = this;
    const address = words[0]!;
    const bucket = address >>> this.#shift;
    let low = this.#jump[bucket]!;
    let high = this.#jump[bucket + 1]!;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (keys[middle]! <= address) low = middle + 1;
      else high = middle;
    }
    let row = low - 1;
    while (row >= 0) {
      const length = meta[row]! & 255;
      if (length === 0 || (keys[row]! ^ address) >>> (32 - length) === 0) return row;
      row = this.#parent[row]!;
    }
    return -1;
  }

  /** The narrowest row that holds an address of 128 bits, or -1. */
  holderOf128(address: Uint32Array): number {
    const bucket = address[0]! >>> this.#shift;
    let low = this.#jump[bucket]!;
    let high = this.#jump[bucket + 1]!;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.#startsAfter(middle, address)) high = middle;
      else low = middle + 1;
    }
    let row = low - 1;
    while (row >= 0 && !this.#holds128(row, address)) row = this.#parent[row]!;
    return row;
  }

  #startsAfter(row: number, address: Uint32Array): boolean {
    const { keys } = this;
    const at = row * 4;
    if (keys[at] !== address[0]) return keys[at]! > address[0]!;
    if (keys[at + 1] !== address[1]) return keys[at + 1]! > address[1]!;
    if (keys[at + 2] !== address[2]) return keys[at + 2]! > address[2]!;
    return keys[at + 3]! > address[3]!;
  }

  #holds128(row: number, address: Uint32Array): boolean {
    let left = this.meta[row]! & 255;
    for (let i = 0; left > 0; i++, left -= 32) {
      const differing = this.keys[row * 4 + i]! ^ address[i]!;
      if (left >= 32 ? differing !== 0 : differing >>> (32 - left) !== 0) return false;
    }
    return true;
  }
}

interface TableColumns {
  readonly words: 1 | 4;
  readonly keys: Uint32Array;
  readonly meta: Uint32Array;
  readonly until: Uint32Array;
  readonly parent: Int32Array;
}

/** Builds a table from rows that come in its order. */
export class TableWriter {
  readonly words: 1 | 4;
  readonly keys: Uint32Array;
  readonly meta: Uint32Array;
  readonly until: Uint32Array;
  readonly #parent: Int32Array;
  #size = 0;

  /** @param capacity how many rows come at most */
  constructor(words: 1 | 4, capacity: number) {
    this.words = words;
    this.keys = new Uint32Array(capacity * words);
    this.meta = new Uint32Array(capacity);
    this.until = new Uint32Array(capacity);
    this.#parent = new Int32Array(capacity);
  }

  get size(): number {
    return this.#size;
  }

  /** Adds `row` of other columns under a source of this table. */
  push(from: { readonly keys: Uint32Array; readonly meta: Uint32Array }, row: number, source: number, until: number): void {
    const { words } = this;
    const to = this.#size;
    for (let i = 0; i < words; i++) this.keys[to * words + i] = from.keys[row * words + i]!;
    this.meta[to] = (source << 16) | (from.meta[row]! & 255);
    this.until[to] = until;
    this.settle();
  }

  /** Counts in the row that stands next in the columns, and finds its parent. */
  settle(): void {
    const row = this.#size++;
    let parent = row - 1;
    while (parent >= 0 && !this.#nests(row, parent)) parent = this.#parent[parent]!;
    this.#parent[row] = parent;
  }

  /** Whether the next row in the columns may stand there: in order, its host bits zero. */
  mayStand(): boolean {
    const row = this.#size;
    const length = this.meta[row]! & 255;
    if (length > 32 * this.words || (row > 0 && compareRows(this, row - 1, this, row, this.words) > 0)) return false;
    for (let i = 0; i < this.words; i++) {
      const bits = Math.min(32, Math.max(0, length - 32 * i));
      if (bits < 32 && (this.keys[row * this.words + i]! << bits) >>> 0 !== 0) return false;
    }
    return true;
  }

  finish(): DecisionTable {
    const { words } = this;
    const size = this.#size;
    // A view keeps all of its buffer alive: worth a copy when much of it is unused.
    const cut = size < this.meta.length * 0.9 ? 'slice' : 'subarray';
    return new DecisionTable({
      words,
      keys: this.keys[cut](0, size * words),
      meta: this.meta[cut](0, size),
      until: this.until[cut](0, size),
      parent: this.#parent[cut](0, size),
    });
  }

  #nests(row: number, inside: number): boolean {
    let left = this.meta[inside]! & 255;
    for (let i = 0; left > 0; i++, left -= 32) {
      const differing = this.keys[row * this.words + i]! ^ this.keys[inside * this.words + i]!;
      if (left >= 32 ? differing !== 0 : differing >>> (32 - left) !== 0) return false;
    }
    return true;
  }
}

/** For each value of the leading bits, the first row that starts there or later; one more entry for the end. */
function jumpTable(table: DecisionTable, bits: number): Uint32Array {
  const jump = new Uint32Array((1 << bits) + 1);
  let next = 0;
  for (let row = 0; row < table.size; row++) {
    const bucket = table.keys[row * table.words]! >>> (32 - bits);
    while (next <= bucket) jump[next++] = row;
  }
  return jump.fill(table.size, next);
}

/** A table without rows. */
export function emptyTable(words: 1 | 4): DecisionTable {
  return new TableWriter(words, 0).finish();
}
