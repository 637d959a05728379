const DAY_MS = 24 * 3_600_000;

/** This many lines in a row with a later date are no mistake. */
const MAX_WAITING = 100;

/**
 * Separates lines of a plausible time from those with a wrong date. A line of more than a day ahead waits: a later one that is older by more
 * than a day has it rejected; a hundred lines of which none is are a log with a gap. The first line waits too.
 */
export class PlausibleLines<Entry extends { readonly at: number }> {
  #lastAt = -Infinity;
  /** Not yet accepted, in the order in which they came. */
  #waiting: Entry[] = [];
  readonly #onAccepted: (entry: Entry) => void;
  readonly #onRejected: () => void;

  /** One of the two is called for each line, `onAccepted` in their order. */
  constructor({
    onAccepted,
    onRejected,
  }: {
    readonly onAccepted: (entry: Entry) => void;
    readonly onRejected: () => void;
  }) {
    this.#onAccepted = onAccepted;
    this.#onRejected = onRejected;
  }

  add(entry: Entry): void {
    this.#classify(entry);
    if (this.#waiting.length >= MAX_WAITING) this.#acceptFirst();
  }

  /** Nothing more comes. What was not rejected is accepted, but for a single last line. */
  flush(): void {
    while (this.#waiting.length > 1 || (this.#waiting.length === 1 && this.#lastAt === -Infinity)) this.#acceptFirst();
    this.#rejectAfter(-Infinity);
  }

  #classify(entry: Entry): void {
    if (this.#waiting.length > 0) this.#rejectAfter(entry.at + DAY_MS);
    if (entry.at > this.#lastAt + DAY_MS) this.#waiting.push(entry);
    else this.#accept(entry);
  }

  #acceptFirst(): void {
    const [first, ...rest] = this.#waiting.splice(0);
    if (first === undefined) return;
    this.#accept(first);
    for (const entry of rest) this.#classify(entry);
  }

  #accept(entry: Entry): void {
    this.#lastAt = Math.max(this.#lastAt, entry.at);
    this.#onAccepted(entry);
  }

  #rejectAfter(latest: number): void {
    const kept = this.#waiting.filter(({ at }) => at <= latest);
    for (let i = kept.length; i < this.#waiting.length; i++) this.#onRejected();
    this.#waiting = kept;
  }
}
