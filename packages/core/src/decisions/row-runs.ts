/** Rows in the order of a table: by first address, then widest first, then as they came. */
export interface Run {
  /** `words` numbers a row, the highest first. */
  readonly keys: Uint32Array;
  /** `source << 16 | length of the prefix`. */
  readonly meta: Uint32Array;
  /** When the row ends, in seconds since the epoch; 0 for a deletion. */
  readonly until: Uint32Array;
  readonly count: number;
}

/** Small enough to be sorted within a millisecond or two, so that rows are sorted as they come and never all at once. */
const RUN_ROWS = 4096;

/**
 * Rows as they come, kept as sorted runs of bounded size. A {@link RunCursor} merges the runs while it reads, so that a
 * million rows need no memory beside their own, and no long sort.
 */
export class RowRuns {
  readonly words: 1 | 4;
  readonly #runs: Run[] = [];
  #open: Run | undefined;
  #count = 0;

  /** @param words how many words a key has: 1 for IPv4, 4 for IPv6 */
  constructor(words: 1 | 4) {
    this.words = words;
  }

  get size(): number {
    return this.#runs.reduce((sum, run) => sum + run.count, this.#count);
  }

  add(key: Uint32Array, length: number, source: number, until: number): void {
    if (this.#open === undefined || this.#count === this.#open.meta.length) this.#makeRoom();
    const { keys, meta, until: untils } = this.#open!;
    const row = this.#count++;
    for (let i = 0; i < this.words; i++) keys[row * this.words + i] = key[i]!;
    meta[row] = (source << 16) | length;
    untils[row] = until;
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
    if (this.#count === RUN_ROWS) this.#seal();
    const rows = this.#count === 0 ? 64 : Math.min(RUN_ROWS, this.#count * 4);
    const grown = emptyRun(rows, this.words);
    if (this.#open !== undefined) {
      grown.keys.set(this.#open.keys);
      grown.meta.set(this.#open.meta);
      grown.until.set(this.#open.until);
    }
    this.#open = grown;
  }

  #seal(): void {
    if (this.#count > 0) this.#runs.push(sorted(this.#open!, this.#count, this.words));
    this.#open = undefined;
    this.#count = 0;
  }
}

/** Reads runs as one sorted sequence: the row at hand is `run.keys[row * words]` and so on, until {@link run} is undefined. */
export class RunCursor {
  run: Run | undefined;
  row = 0;
  readonly #words: number;
  readonly #runs: readonly Run[];
  /** The next row of each run. */
  readonly #next: Uint32Array;
  /** The runs that have rows left, as a binary heap: the one with the smallest row on top. */
  readonly #heap: number[] = [];

  constructor(rows: RowRuns) {
    this.#words = rows.words;
    this.#runs = rows.runs();
    this.#next = new Uint32Array(this.#runs.length);
    for (let i = this.#runs.length - 1; i >= 0; i--) this.#heap[i] = i;
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
      if (!this.#before(heap[child]!, heap[at]!)) return;
      [heap[at], heap[child]] = [heap[child]!, heap[at]!];
      at = child;
    }
  }

  #before(a: number, b: number): boolean {
    const order = compareRows(this.#runs[a]!, this.#next[a]!, this.#runs[b]!, this.#next[b]!, this.#words);
    return order === 0 ? a < b : order < 0;
  }
}

/** By first address, then the wider prefix; 0 for the same prefix. */
export function compareRows(a: RowKeys, rowA: number, b: RowKeys, rowB: number, words: number): number {
  for (let i = 0; i < words; i++) {
    const left = a.keys[rowA * words + i]!;
    const right = b.keys[rowB * words + i]!;
    if (left !== right) return left < right ? -1 : 1;
  }
  return (a.meta[rowA]! & 255) - (b.meta[rowB]! & 255);
}

/** What rows are ordered by. */
export interface RowKeys {
  readonly keys: Uint32Array;
  readonly meta: Uint32Array;
}

function sorted(run: Run, count: number, words: number): Run {
  const order = new Uint16Array(count).map((_, i) => i);
  order.sort((a, b) => compareRows(run, a, run, b, words) || a - b);
  const result = emptyRun(count, words);
  for (let row = 0; row < count; row++) {
    const from = order[row]!;
    for (let i = 0; i < words; i++) result.keys[row * words + i] = run.keys[from * words + i]!;
    result.meta[row] = run.meta[from]!;
    result.until[row] = run.until[from]!;
  }
  return result;
}

function emptyRun(count: number, words: number): Run {
  return { keys: new Uint32Array(count * words), meta: new Uint32Array(count), until: new Uint32Array(count), count };
}
