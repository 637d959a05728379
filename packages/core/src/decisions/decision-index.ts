import type { Clock } from '../clock.js';
import { readAddress, words } from '../ip/parse.js';
import type { Blob } from '../store/store.js';
import { EventLoopYielder } from './event-loop-yielder.js';
import type { DecisionDelta } from './decision-delta.js';
import { describeRow } from './describe-row.js';
import { type DecisionTable, emptyTable, type Tables } from './decision-table.js';
import { readBlob, writeBlob } from './index-blob.js';
import { mergeRows } from './merge.js';
import { planMerge } from './merge-plan.js';
import { asKey, countryKey, FAMILIES, type Family } from './row-set.js';
import { type DecisionMatch, expiryOf, type RowSource } from './row-source.js';

/** The rank of sources that change nothing: a lookup passes over their rows. */
export const IGNORED = 255;

/** The row that wins a lookup. */
export interface Hit {
  readonly source: RowSource;
  readonly rank: number;
  /** When it ends, in ms since the epoch; absent when it never does. */
  readonly expiresAt: number | undefined;
}

/** How rows count in a lookup, by the number of their source. */
export interface SourceWeights {
  /** The lower, the stronger; {@link IGNORED} for sources to pass over. */
  readonly ranks: Uint8Array;
  /** Rows with a shorter prefix are passed over; absent where none are. */
  readonly minLength4?: Uint8Array | undefined;
  readonly minLength6?: Uint8Array | undefined;
}

/** Tells which rows to name, by their source and their prefix; rows about countries and networks have none. */
export type RowFilter = (
  source: RowSource,
  prefix: { readonly family: 4 | 6; readonly length: number } | undefined,
) => boolean;

const allRows: RowFilter = () => true;

/** An index after a delta, with what that changed. */
export interface AppliedDelta {
  readonly index: DecisionIndex;
  /** Decisions that were not held before, or with another end; each counts once. */
  readonly added: number;
  /** Held decisions that a deletion ended. */
  readonly deleted: number;
}

/** The country and network of an address, if known. */
export interface GeoFacts {
  /** ISO 3166-1, two letters in any case. */
  readonly country?: string | undefined;
  /** `64500`, or `'AS64500'`. */
  readonly asn?: number | string | undefined;
}

/**
 * All decisions that are held, immutable: a refresh builds the next one beside it. Rows of (prefix, source, end)
 * stand in one table per family; what a source is (origin, type, scenario) stands once.
 */
export class DecisionIndex {
  static readonly empty = new DecisionIndex([], {
    v4: emptyTable(1),
    v6: emptyTable(4),
    country: emptyTable(1),
    as: emptyTable(1),
  });

  readonly sources: readonly RowSource[];
  readonly tables: Tables;
  /** How many rows are held, those that have ended since included. */
  readonly size: number;
  /** Whether any row names a country or an AS, so that it is worth asking where an address is. */
  readonly needsGeo: boolean;

  /** @param sources what the numbers in the tables refer to; at most 65,535 */
  constructor(sources: readonly RowSource[], tables: Tables) {
    this.sources = sources;
    this.tables = tables;
    this.size = FAMILIES.reduce((sum, family) => sum + tables[family].size, 0);
    this.needsGeo = tables.country.size + tables.as.size > 0;
  }

  /**
   * The index that {@link toBlob} wrote. Takes no time: its rows stay where they are.
   *
   * @throws CrowdsecError `CROWDSEC_STORE_UNAVAILABLE` for a foreign format, another byte order or damaged bytes
   */
  static fromBlob(blob: Blob): DecisionIndex {
    const { sources, tables } = readBlob(blob);
    return new DecisionIndex(sources, tables);
  }

  /** This index as bytes for the store, with a small head; about 19 bytes a row. Copies nothing. */
  toBlob(): Blob {
    return writeBlob(this);
  }

  /**
   * The next index: what is held and not over, with the changes of the delta. Works in slices of a few ms; this
   * index stays as it is.
   *
   * @param options.now ms since the epoch
   */
  async apply(delta: DecisionDelta, options: { readonly now: number }): Promise<DecisionIndex> {
    return (await this.applyCounted(delta, options)).index;
  }

  /** As {@link apply}, and how many decisions that added, renewed or deleted. */
  async applyCounted(delta: DecisionDelta, options: { readonly now: number }): Promise<AppliedDelta> {
    const { sources, plan } = planMerge(this, delta, Math.floor(options.now / 1000));
    const yielder = new EventLoopYielder();
    const tables: Partial<Record<Family, DecisionTable>> = {};
    let [added, deleted] = [0, 0];
    for (const family of FAMILIES) {
      const merged = await mergeRows(this.tables[family], delta.rows[family], plan, yielder);
      tables[family] = merged.table;
      added += merged.added;
      deleted += merged.deleted;
      await yielder.yieldToEventLoop();
    }
    return { index: new DecisionIndex(sources, tables as Tables), added, deleted };
  }

  /**
   * The row of the best rank that holds the address read last by `ip/parse` and is not over; of equals the
   * narrowest, of these the one stored first. Allocates nothing on a miss, and looks at the clock only when a row
   * holds the address.
   *
   * @param weights of the sources of this index
   */
  find(family: 4 | 6, weights: SourceWeights, clock: Clock): Hit | undefined {
    if (family === 4) {
      const row = this.tables.v4.holderOf32(words);
      return row < 0 ? undefined : this.#best(this.tables.v4, row, weights.ranks, weights.minLength4, clock);
    }
    const row = this.tables.v6.holderOf128(words);
    return row < 0 ? undefined : this.#best(this.tables.v6, row, weights.ranks, weights.minLength6, clock);
  }

  /** The best row that names the country, or else the AS. */
  findGeo(geo: GeoFacts, { ranks }: SourceWeights, clock: Clock): Hit | undefined {
    let best: Hit | undefined;
    for (const { table, row } of this.#geoHolders(geo)) {
      const hit = this.#best(table, row, ranks, undefined, clock);
      if (hit && (best === undefined || hit.rank < best.rank)) best = hit;
    }
    return best;
  }

  /**
   * Everything that applies to an address now, narrowest first: why is it blocked? Nothing for text that is no
   * address.
   *
   * @param isWanted tells of a source and, for addresses, the length of the prefix whether to name it; all by default
   */
  matches(ip: string, now: number, geo: GeoFacts = {}, isWanted: RowFilter = allRows): readonly DecisionMatch[] {
    const family = readAddress(ip);
    if (family === 0) return [];
    const table = this.tables[family === 4 ? 'v4' : 'v6'];
    const holders = [{ table, row: family === 4 ? table.holderOf32(words) : table.holderOf128(words) }];
    const found: DecisionMatch[] = [];
    for (const holder of [...holders, ...this.#geoHolders(geo)]) {
      for (let { row } = holder; row >= 0; row = holder.table.parentOf(row)) {
        const { table: held } = holder;
        if (held.untilOf(row) * 1000 <= now) continue;
        const prefix = held === table ? { family, length: held.lengthOf(row) } : undefined;
        if (isWanted(this.sources[held.sourceOf(row)]!, prefix)) found.push(describeRow(this, held, row));
      }
    }
    return found;
  }

  /**
   * How many rows each origin holds. Those that have ended are counted until the next merge or until the last one of
   * their source has ended: counting them one by one would take ms.
   *
   * @param now ms since the epoch
   */
  counts(now: number): Readonly<Record<string, number>> {
    const counts: Record<string, number> = {};
    this.sources.forEach(({ origin }, source) => {
      for (const family of FAMILIES) {
        const { counts: held, lastEnds } = this.tables[family].stats;
        if (held[source]! > 0 && lastEnds[source]! * 1000 > now) counts[origin] = (counts[origin] ?? 0) + held[source]!;
      }
    });
    return counts;
  }

  /** As {@link counts}, of addresses and ranges alone, by family. */
  countsByFamily(now: number): ReadonlyMap<string, { readonly v4: number; readonly v6: number }> {
    const counts = new Map<string, { v4: number; v6: number }>();
    this.sources.forEach(({ origin }, source) => {
      for (const family of ['v4', 'v6'] as const) {
        const { counts: held, lastEnds } = this.tables[family].stats;
        if (held[source] === 0 || lastEnds[source]! * 1000 <= now) continue;
        const ofOrigin = counts.get(origin) ?? { v4: 0, v6: 0 };
        ofOrigin[family] += held[source]!;
        counts.set(origin, ofOrigin);
      }
    });
    return counts;
  }

  /** Sources of rows that have not all ended. */
  heldSources(now: number): readonly RowSource[] {
    return this.sources.filter((_, source) =>
      FAMILIES.some((family) => {
        const { counts, lastEnds } = this.tables[family].stats;
        return counts[source]! > 0 && lastEnds[source]! * 1000 > now;
      }),
    );
  }

  /** How many rows of a feed are held. */
  countOf(feed: string): number {
    return this.#sourcesOf(feed).reduce((sum, source) => sum + this.#countOf(source), 0);
  }

  /**
   * When the first row of a feed ends or has ended, in ms since the epoch; `undefined` if none is held that goes on.
   */
  earliestExpiry(feed: string, now: number): number | undefined {
    const stats = FAMILIES.map((family) => this.tables[family].stats);
    const held = this.#sourcesOf(feed).filter((source) => stats.some(({ lastEnds }) => lastEnds[source]! * 1000 > now));
    const ends = held.flatMap((source) => stats.map(({ firstEnds }) => firstEnds[source]! * 1000));
    return ends.length === 0 ? undefined : Math.min(...ends);
  }

  #sourcesOf(feed: string): number[] {
    return this.sources.flatMap((source, id) => (source.feed === feed ? [id] : []));
  }

  #countOf(source: number): number {
    return FAMILIES.reduce((sum, family) => sum + this.tables[family].stats.counts[source]!, 0);
  }

  #best(
    table: DecisionTable,
    holder: number,
    ranks: Uint8Array,
    minLengths: Uint8Array | undefined,
    clock: Clock,
  ): Hit | undefined {
    const now = clock.now() / 1000;
    let best = -1;
    let bestRank = IGNORED;
    for (let row = holder; row >= 0; row = table.parentOf(row)) {
      const rank = ranks[table.sourceOf(row)]!;
      if (
        rank < bestRank &&
        table.untilOf(row) > now &&
        (minLengths === undefined || minLengths[table.sourceOf(row)]! <= table.lengthOf(row))
      ) {
        best = row;
        bestRank = rank;
      }
    }
    if (best < 0) return undefined;
    return { source: this.sources[table.sourceOf(best)]!, rank: bestRank, expiresAt: expiryOf(table.untilOf(best)) };
  }

  #geoHolders({ country, asn }: GeoFacts): { readonly table: DecisionTable; readonly row: number }[] {
    const keys = [
      { table: this.tables.country, key: country === undefined ? undefined : countryKey(country) },
      { table: this.tables.as, key: asn === undefined ? undefined : asKey(asn) },
    ];
    return keys.flatMap(({ table, key }) =>
      key === undefined ? [] : [{ table, row: table.holderOf32(Uint32Array.of(key)) }],
    );
  }
}
