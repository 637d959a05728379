import { RowSet, type ValueKind } from './row-set.js';
import type { RowSource } from './row-source.js';
import { SourceTable } from './source-table.js';

/** What one pull brings, ready to be merged. */
export interface DecisionDelta {
  /** The sources that the numbers in the rows refer to. */
  readonly sources: readonly RowSource[];
  /** Rows to add; one whose `until` is not in the future deletes what its feed holds for the same prefix. */
  readonly rows: RowSet;
  /** Feeds that this delta brings whole, and feeds that are gone: their held rows go. */
  readonly replaced: ReadonlySet<string>;
  /** How many decisions and list entries it brings; one that comes twice counts twice. */
  readonly added: number;
  /** How many deletions it names. */
  readonly deleted: number;
  /** What was left out because it was unusable, by reason. */
  readonly skipped: Readonly<Record<string, number>>;
}

/** Why something was left out. */
export type SkipReason =
  | 'malformed' // not shaped as the contract says
  | 'scope' // a scope that is not ours: sessions, user names
  | 'value' // not an address, CIDR, country code or AS number
  | 'duration' // missing or unreadable
  | 'expired' // an allowlist entry that is over, or whose end is unreadable
  | 'non-public' // an address that nobody on the Internet has, such as 10.0.0.0/8, in a blocklist
  | 'too-many' // beyond what one answer may hold
  | 'long-line';

/** Things left out, counted by reason. */
export class SkipCount {
  readonly reasons: Partial<Record<SkipReason, number>> = {};

  add(reason: SkipReason, count = 1): void {
    this.reasons[reason] = (this.reasons[reason] ?? 0) + count;
  }

  /** `2 scope, 1 value`; empty when nothing was left out. */
  toString(): string {
    return Object.entries(this.reasons)
      .map(([reason, count]) => `${count} ${reason}`)
      .join(', ');
  }
}

/** Gathers a {@link DecisionDelta}. */
export class DeltaBuilder {
  readonly #sources: SourceTable;
  readonly #rows = new RowSet();
  readonly #replaced = new Set<string>();
  readonly skipped = new SkipCount();
  #added = 0;
  #deleted = 0;

  /** @param sources numbers of sources that several deltas of one answer share */
  constructor(sources = new SourceTable()) {
    this.#sources = sources;
  }

  /** The number of a source, for the rows of this delta. */
  sourceId(source: RowSource): number {
    return this.#sources.idOf(source);
  }

  /**
   * Adds a row. One that is over when it comes deletes what its feed holds for the prefix, and is no addition.
   *
   * @param until in seconds; 0 for a duration of zero or less
   */
  add(kind: ValueKind, value: string, source: number, until: number): void {
    if (!this.#rows.add(kind, value, 0, value.length, source, until)) this.skipped.add('value');
    else if (until > 0) this.#added++;
  }

  /** Deletes what the feed of the source holds for the value. */
  delete(kind: ValueKind, value: string, source: number): void {
    if (!this.#rows.add(kind, value, 0, value.length, source, 0)) this.skipped.add('value');
    else this.#deleted++;
  }

  /** Brings a feed whole: its held rows go, these come. */
  replace(feed: string, rows: RowSet): void {
    this.#replaced.add(feed);
    this.#added += rows.size;
    this.#rows.append(rows);
  }

  /** Lets go of all rows of a feed. */
  drop(feed: string): void {
    this.#replaced.add(feed);
  }

  build(): DecisionDelta {
    return {
      sources: [...this.#sources.sources],
      rows: this.#rows,
      replaced: this.#replaced,
      added: this.#added,
      deleted: this.#deleted,
      skipped: this.skipped.reasons,
    };
  }
}
