import type { Clock } from '../clock.js';
import type { DecisionDelta } from '../decisions/decision-delta.js';
import type { DecisionIndex } from '../decisions/decision-index.js';
import type { Logger } from '../logger.js';

/**
 * A place that decisions come from: CAPI with its lists, files, one day a local API. {@link listSource} makes one out
 * of lines.
 */
export interface DecisionSource {
  /** Unique among the sources of an agent: `capi`. */
  readonly name: string;
  /**
   * What its feeds begin with: `<name>:` by default. No other source's may begin so, and an answer about any other feed
   * is refused whole.
   */
  readonly feeds?: readonly string[];
  /**
   * How often it may be asked, in ms, at least 1,000: each process asks it itself, from its start on, and nothing of it
   * is stored. Absent: a source of the network, which one process asks for all, with CAPI and under its pull budget.
   */
  readonly everyMs?: number;
  /**
   * Asks for what is new. But for CAPI it has a minute, then `context.signal` is aborted and it has failed.
   *
   * @throws CrowdsecError when the source as a whole failed; then nothing changes. A list that failed alone is in
   * the report.
   */
  pull(context: PullContext): Promise<PullResult>;
  /** Asks again for the lists alone that `context.state` says failed, by the links of the last pull. */
  retryLists?(context: PullContext): Promise<PullResult>;
}

export interface PullContext {
  /** Nothing is held, so everything is asked for. */
  readonly startup: boolean;
  /** What is held. */
  readonly index: DecisionIndex;
  /** What the last pull of this source returned as `state`; empty when nothing is held. */
  readonly state: SourceState;
  /** When the next pull is due, in ms from now: a list that would end before is asked for whole. */
  readonly nextRefreshInMs: number;
  readonly clock: Clock;
  readonly logger: Logger;
  /** How lists are fetched: a transport that never carries our token. */
  readonly fetch: typeof globalThis.fetch;
  readonly signal: AbortSignal;
  /**
   * For CAPI: awaited as the last step before a call of the stream leaves. It rejects with `CROWDSEC_LEASE_BUSY` when another process may pull
   * by now: then the call does not leave.
   */
  readonly beforeCall?: (() => Promise<void>) | undefined;
  /**
   * Puts to use a part of the answer before the rest has come, where that takes long. What the pull resolves with is the
   * rest; `lists` and `state` are always those of all that has come by then.
   */
  readonly deliver?: (part: PullResult) => Promise<void>;
}

export interface PullResult {
  readonly delta: DecisionDelta;
  readonly lists: readonly ListReport[];
  /** To be stored with the decisions, in one write, and handed to the next pull. */
  readonly state: SourceState;
}

/** What became of one list. */
export interface ListReport {
  readonly name: string;
  readonly kind: ListKind;
  readonly status: 'replaced' | 'unchanged' | 'failed';
  readonly httpStatus?: number;
  /** How many entries it holds now, as far as this pull knows. */
  readonly entries: number;
  /** Lines that were left out, by reason. */
  readonly skipped: Readonly<Record<string, number>>;
  readonly error?: string;
}

export type ListKind = 'blocklist' | 'allowlist';

/** The lists by their feed, as JSON. */
export type SourceState = Readonly<Record<string, ListState>>;

/** What is remembered of a list: the link, to ask again by, and when it was last read. */
export type ListState = {
  readonly kind: ListKind;
  readonly name: string;
  /** Empty when it is none that can be asked by. */
  readonly url: string;
  /** What a blocklist's link says of its entries. */
  readonly remediation?: string;
  readonly scope?: string;
  readonly duration?: string;
  /** When the answer that is held was asked for, in ms since the epoch, by our clock; absent when none ever came. */
  readonly pulledAt?: number;
  /** The last try failed. */
  readonly failed?: boolean;
  /** Tells the text that is held from others. */
  readonly version?: string | undefined;
  /** The version that was there at the last look. */
  readonly seen?: string | undefined;
};
