const DAY_MS = 24 * 3_600_000;

/** So many lines in a row are no slip. */
const ENOUGH = 100;

/**
 * Tells lines whose time can be believed from those with a wrong date. A line of more than a day ahead waits: one that comes later and
 * is older by more than a day refutes it, a hundred lines of which none does are a log with a gap. The first line waits too.
 *
 * @template {{ at: number }} Entry
 */
export class BelievedLines {
  #lastAt = -Infinity;
  /**
   * Not yet believed, as they came.
   *
   * @type {Entry[]}
   */
  #waiting = [];
  #onBelieved;
  #onRefuted;

  /**
   * @param {{ onBelieved: (entry: Entry) => void, onRefuted: () => void }} listener is told of each line once, those believed
   * in their order
   */
  constructor({ onBelieved, onRefuted }) {
    this.#onBelieved = onBelieved;
    this.#onRefuted = onRefuted;
  }

  /** @param {Entry} entry */
  add(entry) {
    this.#place(entry);
    if (this.#waiting.length >= ENOUGH) this.#believeNext();
  }

  /** Nothing more comes. What was not refuted is believed, but for a single last line. */
  end() {
    while (this.#waiting.length > 1 || (this.#waiting.length === 1 && this.#lastAt === -Infinity)) this.#believeNext();
    this.#refute(-Infinity);
  }

  /** @param {Entry} entry */
  #place(entry) {
    if (this.#waiting.length > 0) this.#refute(entry.at + DAY_MS);
    if (entry.at > this.#lastAt + DAY_MS) this.#waiting.push(entry);
    else this.#believe(entry);
  }

  #believeNext() {
    const [first, ...rest] = this.#waiting.splice(0);
    this.#believe(first);
    for (const entry of rest) this.#place(entry);
  }

  /** @param {Entry} entry */
  #believe(entry) {
    this.#lastAt = Math.max(this.#lastAt, entry.at);
    this.#onBelieved(entry);
  }

  /** @param {number} beyond */
  #refute(beyond) {
    const kept = this.#waiting.filter(({ at }) => at <= beyond);
    for (let i = kept.length; i < this.#waiting.length; i++) this.#onRefuted();
    this.#waiting = kept;
  }
}
