import type { SettledVerdict, Verdict } from './verdict.js';

/** What a request can come to: `would_block` is let through because of `mode: 'log'`, `serve` answered by a remedy without being refused. */
export type RequestOutcomeKind = 'pass' | 'block' | 'would_block' | 'serve' | 'skip';

/** How many requests came to the same. */
export interface RequestOutcome {
  readonly kind: RequestOutcomeKind;
  /** Whose word it was in the end: `clean`, `CAPI`, `appsec`, `failed` … */
  readonly origin: string;
  readonly remediation: string;
  readonly count: number;
}

interface Cell {
  readonly kind: RequestOutcomeKind;
  readonly origin: string;
  readonly remediation: string;
  count: number;
}

/** Counts requests by what they came to, each once and not before that is settled. Most come to the same as the one before: a comparison and an increment. */
export class RequestOutcomes {
  /** Verdicts whose kind is not their action; rare, or logged one by one. */
  readonly #kinds = new WeakMap<SettledVerdict, RequestOutcomeKind>();
  readonly #cells = new Map<RequestOutcomeKind, Map<string, Map<string, Cell>>>();
  #last: Cell | undefined;

  /** Says that a verdict is of another kind than its action. */
  mark<V extends SettledVerdict>(verdict: V, kind: RequestOutcomeKind): V {
    this.#kinds.set(verdict, kind);
    return verdict;
  }

  /** Counts a request, now or when its verdict is settled. */
  count(verdict: Verdict): void {
    const { settled } = verdict;
    if (settled === undefined) this.#add(verdict);
    else
      void settled.then(
        (final) => this.#add(final),
        () => undefined,
      );
  }

  get all(): readonly RequestOutcome[] {
    return [...this.#cells.values()].flatMap((origins) =>
      [...origins.values()].flatMap((cells) => [...cells.values()].map((cell) => ({ ...cell }))),
    );
  }

  #add(verdict: SettledVerdict): void {
    const { action, origin, remediation } = verdict;
    // Nobody has a word about most of those that pass: these are marked by nobody.
    const kind = action === 'pass' && origin === 'clean' ? action : (this.#kinds.get(verdict) ?? action);
    const last = this.#last;
    if (last?.kind === kind && last.origin === origin && last.remediation === remediation) last.count++;
    else (this.#last = this.#cellOf(kind, origin, remediation)).count++;
  }

  #cellOf(kind: RequestOutcomeKind, origin: string, remediation: string): Cell {
    const origins = this.#cells.get(kind) ?? new Map<string, Map<string, Cell>>();
    const cells = origins.get(origin) ?? new Map<string, Cell>();
    const cell = cells.get(remediation) ?? { kind, origin, remediation, count: 0 };
    this.#cells.set(kind, origins.set(origin, cells.set(remediation, cell)));
    return cell;
  }
}
