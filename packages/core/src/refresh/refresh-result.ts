import type { ListReport } from '../sources/decision-source.js';

/** What `refreshDecisions()` did. */
export type RefreshResult =
  | {
      readonly status: 'refreshed';
      /** Decisions that came or were renewed, lists included. */
      readonly new: number;
      /** Deletions that CAPI named. */
      readonly deleted: number;
      /** What was left out because it was unusable, by reason. */
      readonly skipped: Readonly<Record<string, number>>;
      /** What became of each linked list. */
      readonly lists: readonly ListReport[];
    }
  | {
      readonly status: 'skipped';
      /**
       * `budget`: less than two hours since the last pull; `backoff`: the last pull failed a moment ago; `busy`: another process is
       * at it.
       */
      readonly reason: 'budget' | 'backoff' | 'busy';
      /** When it may be tried again, in ms since the epoch. */
      readonly nextAt: number;
    };

/** Hears of what was refreshed, and of what failed. */
export interface RefreshListener {
  refreshed(result: Extract<RefreshResult, { status: 'refreshed' }>): void;
  failed(details: { readonly error: Error; readonly nextAt: number }): void;
  /** The store had lost everything; the decisions are back. */
  storeEmptied(): Promise<void>;
}
