import type { ListHealth } from '../health.js';

/** What `refreshDecisions()` did. */
export type RefreshResult =
  | {
      readonly status: 'refreshed';
      /** Decisions that came, lists included. */
      readonly new: number;
      /** Decisions that went. */
      readonly deleted: number;
      /** What was left out because it was unusable, by reason. */
      readonly skipped: Readonly<Record<string, number>>;
      readonly lists: Readonly<Record<string, ListHealth>>;
    }
  | {
      readonly status: 'skipped';
      /** `budget`: less than two hours since the last pull; `backoff`: the last pull failed; `busy`: another process pulls. */
      readonly reason: 'budget' | 'backoff' | 'busy';
      /** When it may be tried again, in ms since the epoch. */
      readonly nextAt: number;
    };
