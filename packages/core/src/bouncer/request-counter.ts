import { RequestOutcomes } from './request-outcomes.js';

/** What became of the requests that this process has judged. */
export interface RequestCounts {
  /** All that came, skipped ones included. */
  readonly total: number;
  /** Not looked at, by the option `skip`. */
  readonly skipped: number;
  readonly blocked: number;
  /** Answered by a remedy without being refused: what the page of a captcha asks for. */
  readonly served: number;
  /** Let through because of `mode: 'log'`. */
  readonly wouldBlock: number;
  /** Could not be judged: a remedy or a function of yours threw, or took too long. */
  readonly failed: number;
  /** What was found, by origin and then by remediation: `{ clean: { bypass: 970 }, CAPI: { ban: 30 } }`. */
  readonly found: Readonly<Record<string, Readonly<Record<string, number>>>>;
}

interface VerdictWords {
  readonly origin: string;
  readonly remediation: string;
}

interface Cell {
  readonly origin: string;
  readonly remediation: string;
  count: number;
}

/** Counts in place: a request costs a comparison and an increment, or two look-ups where it comes to something else than the last. */
export class RequestCounter {
  total = 0;
  skipped = 0;
  blocked = 0;
  served = 0;
  wouldBlock = 0;
  failed = 0;
  readonly outcomes = new RequestOutcomes();
  readonly #found = new Map<string, Map<string, Cell>>();
  /** What was found last: most requests come to the same. */
  #last: Cell | undefined;

  find(origin: string, remediation: string): void {
    const last = this.#last;
    if (last?.origin === origin && last.remediation === remediation) last.count++;
    else (this.#last = this.#cellOf(origin, remediation)).count++;
  }

  /** Something else was found about a request than what was counted for it. */
  replaceFound(counted: VerdictWords, found: VerdictWords): void {
    this.#cellOf(counted.origin, counted.remediation).count--;
    this.find(found.origin, found.remediation);
  }

  #cellOf(origin: string, remediation: string): Cell {
    const cells = this.#found.get(origin) ?? new Map<string, Cell>();
    const cell = cells.get(remediation) ?? { origin, remediation, count: 0 };
    this.#found.set(origin, cells.set(remediation, cell));
    return cell;
  }

  get counts(): RequestCounts {
    const { total, skipped, blocked, served, wouldBlock, failed } = this;
    const found = Object.fromEntries(
      [...this.#found].map(([origin, cells]) => [
        origin,
        Object.fromEntries([...cells].map(([remediation, { count }]) => [remediation, count])),
      ]),
    );
    return { total, skipped, blocked, served, wouldBlock, failed, found };
  }
}
