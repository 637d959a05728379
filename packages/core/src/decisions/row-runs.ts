import { compareRows, type Rows } from './rows.js';

/** Rows in the order of a table: by first address, then widest first, then as they came. */
export interface Run extends Rows {
  readonly count: number;
}

/** Few enough to be sorted within a ms or so, so that rows are sorted as they come and never all at once. */
const RUN_ROWS = { 1: 8192, 4: 1024 } as const;

/**
 * Rows as they come, kept as sorted runs of bounded size. A {@link RunCursor} merges the runs while it reads, so that a
 * million rows need no memory beside their own, and no long sort.
 */
export class RowRuns {
  readonly words: 1 | 4;
  readonly stride: number;
  readonly #runs: Run[] = [];
  #open = new Uint32Array(0);
  /** Rows in `#open`. */
  #count = 0;

  /** @param words how many words a key has: 1 for IPv4, 4 for IPv6 */
  constructor(words: 1 | 4) {
    this.words = words;
    this.stride = words + 2;
  }

  get size(): number {
    return this.#runs.reduce((sum, run) => sum + run.count, this.#count);
  }

  /** @param until in seconds since the epoch; 0 for a deletion */
  add(key: Uint32Array, length: number, source: number, until: number): void {
    if (this.#count * this.stride === this.#open.length) this.#makeRoom();
    const { words } = this;
    const data = this.#open;
    const at = this.#count++ * this.stride;
    for (let i = 0; i < words; i++) data[at + i] = key[i]!;
    data[at + words] = (source << 16) | length;
    data[at + words + 1] = until;
  }

  /** Takes over the rows of another; they count as having come later. */
  append(other: RowRuns): void {
    this.#seal();
    this.#runs.push(...other.runs());
  }

  /** All rows in sorted runs, the older first. */
  runs(): readonly Run[] {
    this.#seal();
    return this.#runs;
  }

  #makeRoom(): void {
    const most = RUN_ROWS[this.words];
    if (this.#count === most) this.#seal();
    const rows = this.#count === 0 ? 16 : Math.min(most, this.#count * 4);
    const grown = new Uint32Array(rows * this.stride);
    grown.set(this.#open);
    this.#open = grown;
  }

  #seal(): void {
    if (this.#count > 0) this.#runs.push(sorted(this.#open, this.#count, this.words));
    this.#open = new Uint32Array(0);
    this.#count = 0;
  }
}

/** Reads runs as one sorted sequence: the row at hand is `run` at `row`, until {@link run} is undefined. */
export class RunCursor {
  run: Run | undefined;
  row = 0;
  readonly #words: number;
  readonly #runs: readonly Run[];
  /** The next row of each run. */
  readonly #next: Uint32Array;
  /** The runs that have rows left, as a binary heap: the one with the smallest row on top. */
  readonly #heap: number[];

  constructor(rows: RowRuns) {
    this.#words = rows.words;
    this.#runs = rows.runs();
    this.#next = new Uint32Array(this.#runs.length);
    this.#heap = this.#runs.map((_, i) => i);
    for (let i = (this.#heap.length >> 1) - 1; i >= 0; i--) this.#sink(i);
    this.#show();
  }

  advance(): void {
    const top = this.#heap[0]!;
    const row = this.#next[top]! + 1;
    this.#next[top] = row;
    if (row === this.#runs[top]!.count) {
      const last = this.#heap.pop()!;
      if (this.#heap.length > 0) this.#heap[0] = last;
    }
    this.#sink(0);
    this.#show();
  }

  #show(): void {
    const top = this.#heap[0];
    this.run = top === undefined ? undefined : this.#runs[top]!;
    this.row = top === undefined ? 0 : this.#next[top]!;
  }

  #sink(at: number): void {
    const heap = this.#heap;
    for (let child = 2 * at + 1; child < heap.length; child = 2 * at + 1) {
      if (child + 1 < heap.length && this.#before(heap[child + 1]!, heap[child]!)) child++;
      const up = heap[child]!;
      if (!this.#before(up, heap[at]!)) return;
      heap[child] = heap[at]!;
      heap[at] = up;
      at = child;
    }
  }

  #before(a: number, b: number): boolean {
    const order = compareRows(this.#runs[a]!, this.#next[a]!, this.#runs[b]!, this.#next[b]!, this.#words);
    return order === 0 ? a < b : order < 0;
  }
}

function sorted(data: Uint32Array, count: number, words: number): Run {
  const stride = words + 2;
  const order = words === 1 ? orderOf32(data, count) : orderOf128({ data, stride }, count);
  const result = new Uint32Array(count * stride);
  for (let row = 0; row < count; row++) {
    const from = order[row]! * stride;
    for (let i = 0; i < stride; i++) result[row * stride + i] = data[from + i]!;
  }
  return { data: result, stride, count };
}

/** Packed into one number a row, 51 bits of it, so that the sort needs no function of ours. */
function orderOf32(data: Uint32Array, count: number): Uint16Array {
  const packed = new Float64Array(count);
  for (let row = 0; row < count; row++)
    packed[row] = data[row * 3]! * 2 ** 19 + (data[row * 3 + 1]! & 255) * 2 ** 13 + row;
  return Uint16Array.from(packed.sort(), (number) => number % 2 ** 13);
}

function orderOf128(rows: Rows, count: number): Uint16Array {
  const order = new Uint16Array(count).map((_, i) => i);
  return order.sort((a, b) => compareRows(rows, a, rows, b, 4) || a - b);
}
