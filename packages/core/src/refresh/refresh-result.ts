import type { ListKind, ListReport } from '../sources/decision-source.js';

/** How many decisions changed. */
export interface DecisionChanges {
  /** Decisions that were not held, or were renewed with another end, lists included; each counts once. */
  readonly new: number;
  /** Held decisions that a deletion ended; one about what is not held does not count. */
  readonly deleted: number;
}

export const NO_CHANGES: DecisionChanges = { new: 0, deleted: 0 };

/** Where decisions come from: a network, or a source that an extension brings. */
export type DecisionNetwork = 'capi' | 'lapi' | 'extension';

/** What `refreshDecisions()` did. */
export type RefreshResult =
  | (DecisionChanges & {
      readonly status: 'refreshed';
      /** Whose decisions these are; `both` where an agent with both was asked to refresh. */
      readonly network: DecisionNetwork | 'both';
      /** What was left out because it was unusable, by reason. */
      readonly skipped: Readonly<Record<string, number>>;
      /** What became of each linked list. */
      readonly lists: readonly ListReport[];
    })
  | {
      readonly status: 'skipped';
      /**
       * `budget`: less than two hours since the last pull; `backoff`: the last pull failed a moment ago; `busy`: another process is
       * at it; `no-network`: the agent has no source that one process asks for all.
       */
      readonly reason: 'budget' | 'backoff' | 'busy' | 'no-network';
      /** When it may be tried again, in ms since the epoch. */
      readonly nextAt: number;
    };

/** Hears of what was refreshed, and of what failed. */
export interface RefreshListener {
  refreshed(result: Extract<RefreshResult, { status: 'refreshed' }>): void;
  failed(details: { readonly network: DecisionNetwork; readonly error: Error; readonly nextAt: number }): void;
  /** Decisions of the network are in use for the first time in this process, and the next pull is planned. */
  ready?(details: { readonly decisions: number }): void;
  /** The store had lost everything; the decisions are back. */
  storeEmptied(): Promise<void>;
}

/** A linked list that could not be read and what it waits for. Moments are in ms since the epoch. */
export interface WaitingList {
  readonly name: string;
  readonly kind: ListKind;
  /** When it is asked for again by the link that failed; absent while it is being asked for. */
  readonly retryAt?: number;
  /** When the next pull brings a fresh link. */
  readonly freshLinkAt?: number;
}
