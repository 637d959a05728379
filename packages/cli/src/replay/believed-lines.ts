const DAY_MS = 24 * 3_600_000;

/** So many lines in a row are no slip. */
const ENOUGH = 100;

/**
 * Tells lines whose time can be believed from those with a wrong date. A line of more than a day ahead waits: one that comes later and
 * is older by more than a day refutes it, a hundred lines of which none does are a log with a gap. The first line waits too.
 */
export class BelievedLines<Entry extends { readonly at: number }> {
  #lastAt = -Infinity;
  /** Not yet believed, as they came. */
  #waiting: Entry[] = [];
  readonly #onBelieved: (entry: Entry) => void;
  readonly #onRefuted: () => void;

  /** @param listener is told of each line once, those believed in their order */
  constructor({
    onBelieved,
    onRefuted,
  }: {
    readonly onBelieved: (entry: Entry) => void;
    readonly onRefuted: () => void;
  }) {
    this.#onBelieved = onBelieved;
    this.#onRefuted = onRefuted;
  }

  add(entry: Entry): void {
    this.#place(entry);
    if (this.#waiting.length >= ENOUGH) this.#believeNext();
  }

  /** Nothing more comes. What was not refuted is believed, but for a single last line. */
  end(): void {
    while (this.#waiting.length > 1 || (this.#waiting.length === 1 && this.#lastAt === -Infinity)) this.#believeNext();
    this.#refute(-Infinity);
  }

  #place(entry: Entry): void {
    if (this.#waiting.length > 0) this.#refute(entry.at + DAY_MS);
    if (entry.at > this.#lastAt + DAY_MS) this.#waiting.push(entry);
    else this.#believe(entry);
  }

  #believeNext(): void {
    const [first, ...rest] = this.#waiting.splice(0);
    if (first === undefined) return;
    this.#believe(first);
    for (const entry of rest) this.#place(entry);
  }

  #believe(entry: Entry): void {
    this.#lastAt = Math.max(this.#lastAt, entry.at);
    this.#onBelieved(entry);
  }

  #refute(beyond: number): void {
    const kept = this.#waiting.filter(({ at }) => at <= beyond);
    for (let i = kept.length; i < this.#waiting.length; i++) this.#onRefuted();
    this.#waiting = kept;
  }
}
