/** What became of the requests that this process has judged. */
export interface RequestCounts {
  /** All that came, skipped ones included. */
  readonly total: number;
  /** Not looked at, by the option `skip`. */
  readonly skipped: number;
  readonly blocked: number;
  /** Let through because of `mode: 'log'`. */
  readonly wouldBlock: number;
  /** Could not be judged: a remedy or a function of yours threw, or took too long. */
  readonly failed: number;
  /** What was found, by origin and then by remediation: `{ clean: { bypass: 970 }, CAPI: { ban: 30 } }`. */
  readonly found: Readonly<Record<string, Readonly<Record<string, number>>>>;
}

/** Counts in place: a request costs two look-ups and an increment. */
export class RequestCounter {
  total = 0;
  skipped = 0;
  blocked = 0;
  wouldBlock = 0;
  failed = 0;
  readonly #found = new Map<string, Map<string, { count: number }>>();

  find(origin: string, remediation: string): void {
    const cell = this.#found.get(origin)?.get(remediation);
    if (cell !== undefined) {
      cell.count++;
      return;
    }
    const cells = this.#found.get(origin) ?? new Map<string, { count: number }>();
    this.#found.set(origin, cells.set(remediation, { count: 1 }));
  }

  get counts(): RequestCounts {
    const { total, skipped, blocked, wouldBlock, failed } = this;
    const found = Object.fromEntries(
      [...this.#found].map(([origin, cells]) => [
        origin,
        Object.fromEntries([...cells].map(([remediation, { count }]) => [remediation, count])),
      ]),
    );
    return { total, skipped, blocked, wouldBlock, failed, found };
  }
}
