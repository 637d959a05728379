import { type DecisionIndex, IGNORED, type RowFilter, type SourceWeights } from '../decisions/decision-index.js';
import type { DecisionTable } from '../decisions/decision-table.js';
import type { RowSource } from '../decisions/row-source.js';
import type { IgnoredDecisions } from './ignored-decisions.js';

/** Why a held decision is left alone. */
export type IgnoreReason = 'origins' | 'scenarios' | 'types' | 'widerThan';

/** How many held decisions are left alone, by the option that says so. */
export type IgnoredCounts = Readonly<Record<IgnoreReason, number>>;

/**
 * Ignores decisions of the network that this application does not need. It works on lookups: what is held and stored stays, so that a change of
 * the option takes effect at once, both ways.
 */
export class IgnoreFilter {
  readonly #origins: ReadonlySet<string>;
  readonly #types: ReadonlySet<string>;
  readonly #scenarios: readonly RegExp[];
  readonly #minLengths: { readonly 4: number; readonly 6: number };
  readonly #wideRows = new WeakMap<DecisionTable, number>();

  constructor({ origins = [], scenarios = [], types = [], widerThan = {} }: IgnoredDecisions = {}) {
    this.#origins = new Set(origins.map((origin) => origin.toLowerCase()));
    this.#types = new Set(types.map((type) => type.toLowerCase()));
    this.#scenarios = scenarios.map(toRegExp);
    this.#minLengths = { 4: widerThan.ipv4 ?? 0, 6: widerThan.ipv6 ?? 0 };
  }

  /** Weights of an index by a rank of each source, without what is left alone. */
  weightsOf({ sources }: DecisionIndex, rankOf: (source: RowSource) => number): SourceWeights {
    return {
      ranks: Uint8Array.from(sources, (source) => (this.#reasonFor(source) === undefined ? rankOf(source) : IGNORED)),
      minLength4: this.#minLengthsOf(sources, 4),
      minLength6: this.#minLengthsOf(sources, 6),
    };
  }

  /** Whether a row counts: no option ignores it. */
  readonly accepts: RowFilter = (source, prefix) =>
    this.#reasonFor(source) === undefined &&
    (prefix === undefined || !isOfNetwork(source) || prefix.length >= this.#minLengths[prefix.family]);

  /** How many rows are left alone; of an index that was counted before, it is known. */
  count(indexes: readonly DecisionIndex[]): IgnoredCounts {
    const counts = { origins: 0, scenarios: 0, types: 0, widerThan: 0 };
    for (const { sources, tables } of indexes) {
      const reasons = sources.map((source) => this.#reasonFor(source));
      for (const { stats } of Object.values(tables)) {
        for (const [source, reason] of reasons.entries())
          if (reason !== undefined) counts[reason] += stats.counts[source]!;
      }
      const isAccepted = sources.map((source, i) => reasons[i] === undefined && isOfNetwork(source));
      counts.widerThan += this.#countWide(tables.v4, 4, isAccepted) + this.#countWide(tables.v6, 6, isAccepted);
    }
    return counts;
  }

  #countWide(table: DecisionTable, family: 4 | 6, isAccepted: readonly boolean[]): number {
    const minLength = this.#minLengths[family];
    if (minLength === 0) return 0;
    let count = this.#wideRows.get(table);
    if (count === undefined) {
      count = 0;
      for (let row = 0; row < table.size; row++)
        if (table.lengthOf(row) < minLength && isAccepted[table.sourceOf(row)]!) count++;
      this.#wideRows.set(table, count);
    }
    return count;
  }

  #minLengthsOf(sources: readonly RowSource[], family: 4 | 6): Uint8Array | undefined {
    const minLength = this.#minLengths[family];
    return minLength === 0 ? undefined : Uint8Array.from(sources, (source) => (isOfNetwork(source) ? minLength : 0));
  }

  #reasonFor(source: RowSource): Exclude<IgnoreReason, 'widerThan'> | undefined {
    if (!isOfNetwork(source)) return undefined;
    const origin = source.origin.toLowerCase();
    if (this.#origins.has(origin) || (this.#origins.has('lists') && origin.startsWith('lists:'))) return 'origins';
    if (this.#types.has(source.type)) return 'types';
    return this.#scenarios.some((pattern) => pattern.test(source.scenario)) ? 'scenarios' : undefined;
  }
}

/** Of CAPI, one of its blocklists, or LAPI: not a source of the application, and no allowlist. */
function isOfNetwork({ feed, allow }: RowSource): boolean {
  return !allow && /^(?:CAPI$|blocklist:|lapi:)/.test(feed);
}

function toRegExp(pattern: string): RegExp {
  const parts = pattern.split('*').map((part) => part.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&'));
  return new RegExp(parts.join('.*'), 'is');
}
