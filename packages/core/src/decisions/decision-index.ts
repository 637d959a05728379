import type { Clock } from '../clock.js';
import { formatIp } from '../ip/address.js';
import { readIp, words } from '../ip/parse.js';
import type { Blob } from '../store/store.js';
import { Breather } from './breather.js';
import type { DecisionDelta } from './decision-delta.js';
import { type DecisionTable, emptyTable } from './decision-table.js';
import { readBlob, writeBlob } from './index-blob.js';
import { mergeRows, type MergePlan } from './merge.js';
import { asKey, countryKey, countryOf, FAMILIES, type Family } from './row-set.js';
import { type DecisionMatch, expiryOf, type RowSource } from './row-source.js';
import { NO_SOURCE, SourceTable } from './source-table.js';

export type Tables = Readonly<Record<Family, DecisionTable>>;

/** The rank of sources that change nothing: a lookup passes over their rows. */
export const IGNORED = 255;

/** The row that wins a lookup. */
export interface Hit {
  readonly source: RowSource;
  readonly rank: number;
  /** When it ends, in ms since the epoch; absent when it never does. */
  readonly expiresAt: number | undefined;
}

/** Where an address is, as far as anybody knows. */
export interface GeoFacts {
  /** ISO 3166-1, two letters in any case. */
  readonly country?: string | undefined;
  /** `64500`, or `'AS64500'`. */
  readonly asn?: number | string | undefined;
}

/**
 * All decisions that are held, immutable: a refresh builds the next one beside it. Rows of (prefix, source, end) stand in one
 * table per family; what a source is (origin, type, scenario) stands once.
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
  #usage: SourceUsage | undefined;

  /** @param sources what the numbers in the tables stand for; at most 65,535 */
  constructor(sources: readonly RowSource[], tables: Tables) {
    this.sources = sources;
    this.tables = tables;
    this.size = FAMILIES.reduce((sum, family) => sum + tables[family].size, 0);
    this.needsGeo = tables.country.size + tables.as.size > 0;
  }

  /**
   * The index that {@link toBlob} wrote, in slices of a few ms.
   *
   * @throws CrowdsecError `CROWDSEC_STORE_UNAVAILABLE` for a foreign format, another byte order or damaged bytes
   */
  static async fromBlob(blob: Blob): Promise<DecisionIndex> {
    const { sources, tables } = await readBlob(blob);
    return new DecisionIndex(sources, tables);
  }

  /** This index as bytes for the store, with a small head; about 13 bytes a row. Copies nothing. */
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
    const { sources, plan } = planMerge(this, delta, Math.floor(options.now / 1000));
    const breather = new Breather();
    const tables: Partial<Record<Family, DecisionTable>> = {};
    for (const family of FAMILIES) {
      tables[family] = await mergeRows(this.tables[family], delta.rows[family], plan, breather);
      await breather.rest();
    }
    return new DecisionIndex(sources, tables as Tables);
  }

  /**
   * The row of the best rank that holds the address read last by `ip/parse` and is not over; of equals the narrowest, of
   * these the one stored first. Allocates nothing on a miss, and looks at the clock only when a row holds the address.
   *
   * @param ranks by source: the lower, the stronger; {@link IGNORED} for sources to pass over
   */
  find(family: 4 | 6, ranks: Uint8Array, clock: Clock): Hit | undefined {
    if (family === 4) {
      const row = this.tables.v4.holderOf32(words);
      return row < 0 ? undefined : this.#best(this.tables.v4, row, ranks, clock);
    }
    const row = this.tables.v6.holderOf128(words);
    return row < 0 ? undefined : this.#best(this.tables.v6, row, ranks, clock);
  }

  /** The best row that names the country, or else the AS. */
  findGeo(geo: GeoFacts, ranks: Uint8Array, clock: Clock): Hit | undefined {
    let best: Hit | undefined;
    for (const { table, row } of this.#geoHolders(geo)) {
      const hit = this.#best(table, row, ranks, clock);
      if (hit && (best === undefined || hit.rank < best.rank)) best = hit;
    }
    return best;
  }

  /** Everything that applies to an address now, narrowest first: why is it blocked? Nothing for text that is no address. */
  matches(ip: string, now: number, geo: GeoFacts = {}): readonly DecisionMatch[] {
    const family = readIp(ip, 0, ip.length);
    if (family === 0) return [];
    const table = this.tables[family === 4 ? 'v4' : 'v6'];
    const holders = [{ table, row: family === 4 ? table.holderOf32(words) : table.holderOf128(words) }];
    const found: DecisionMatch[] = [];
    for (const holder of [...holders, ...this.#geoHolders(geo)]) {
      for (let { row } = holder; row >= 0; row = holder.table.parent(row)) {
        if (holder.table.until[row]! * 1000 > now) found.push(this.#describe(holder.table, row));
      }
    }
    return found;
  }

  /** How many rows each origin holds that are not over. */
  counts(now: number): Readonly<Record<string, number>> {
    const usage = this.#usageAt(now);
    const counts: Record<string, number> = {};
    this.sources.forEach(({ origin }, source) => {
      const count = usage.counts[source]!;
      if (count > 0) counts[origin] = (counts[origin] ?? 0) + count;
    });
    return counts;
  }

  /** When the first row of a feed ends, in ms since the epoch; `undefined` if it holds none that is not over. */
  earliestExpiry(feed: string, now: number): number | undefined {
    const { firstEnds, counts } = this.#usageAt(now);
    const ends = this.sources.flatMap((source, id) => (source.feed === feed && counts[id]! > 0 ? [firstEnds[id]!] : []));
    return ends.length === 0 ? undefined : Math.min(...ends) * 1000;
  }

  /** How many rows of a feed are held that are not over. */
  countOf(feed: string, now: number): number {
    const { counts } = this.#usageAt(now);
    return this.sources.reduce((sum, source, id) => (source.feed === feed ? sum + counts[id]! : sum), 0);
  }

  /** Counting takes a few ms per million rows, so the counts are kept until the next row ends. */
  #usageAt(now: number): SourceUsage {
    if (this.#usage === undefined || now < this.#usage.validFrom || now >= this.#usage.validUntil) {
      this.#usage = countRows(this, now);
    }
    return this.#usage;
  }

  #best(table: DecisionTable, holder: number, ranks: Uint8Array, clock: Clock): Hit | undefined {
    const now = clock.now() / 1000;
    let best = -1;
    let bestRank = IGNORED;
    for (let row = holder; row >= 0; row = table.parent(row)) {
      const rank = ranks[table.meta[row]! >>> 16]!;
      if (rank < bestRank && table.until[row]! > now) {
        best = row;
        bestRank = rank;
      }
    }
    if (best < 0) return undefined;
    return { source: this.sources[table.meta[best]! >>> 16]!, rank: bestRank, expiresAt: expiryOf(table.until[best]!) };
  }

  #geoHolders({ country, asn }: GeoFacts): { readonly table: DecisionTable; readonly row: number }[] {
    const keys = [
      { table: this.tables.country, key: country === undefined ? undefined : countryKey(country) },
      { table: this.tables.as, key: asn === undefined ? undefined : asKey(asn) },
    ];
    return keys.flatMap(({ table, key }) => (key === undefined ? [] : [{ table, row: table.holderOf32(Uint32Array.of(key)) }]));
  }

  #describe(table: DecisionTable, row: number): DecisionMatch {
    const { origin, type, scenario, allow } = this.sources[table.meta[row]! >>> 16]!;
    const expiresAt = expiryOf(table.until[row]!);
    return { origin, type, scenario, allow, ...this.#name(table, row), ...(expiresAt === undefined ? {} : { expiresAt }) };
  }

  #name(table: DecisionTable, row: number): Pick<DecisionMatch, 'scope' | 'value'> {
    const key = table.keys.subarray(row * table.words, (row + 1) * table.words);
    if (table === this.tables.country) return { scope: 'country', value: countryOf(key[0]!) };
    if (table === this.tables.as) return { scope: 'as', value: String(key[0]) };
    const length = table.meta[row]! & 255;
    const address = formatIp({ family: table.words === 1 ? 4 : 6, words: Array.from(key) });
    return length === 32 * table.words ? { scope: 'ip', value: address } : { scope: 'range', value: `${address}/${length}` };
  }
}

/** Rows that are not over, by source. */
interface SourceUsage {
  readonly counts: Uint32Array;
  /** When the first of them ends, in seconds. */
  readonly firstEnds: Uint32Array;
  /** In ms: when the rows were counted, and when the first of them ends. */
  readonly validFrom: number;
  readonly validUntil: number;
}

function countRows(index: DecisionIndex, now: number): SourceUsage {
  const counts = new Uint32Array(index.sources.length);
  const firstEnds = new Uint32Array(index.sources.length).fill(0xffff_ffff);
  const nowSeconds = Math.floor(now / 1000);
  for (const family of FAMILIES) {
    const { meta, until } = index.tables[family];
    for (let row = 0; row < meta.length; row++) {
      const end = until[row]!;
      if (end <= nowSeconds) continue;
      const source = meta[row]! >>> 16;
      counts[source]!++;
      if (end < firstEnds[source]!) firstEnds[source] = end;
    }
  }
  const validUntil = firstEnds.reduce((first, end) => Math.min(first, end), 0xffff_ffff) * 1000;
  return { counts, firstEnds, validFrom: now, validUntil };
}

/** The sources of the next index, and how the old numbers and those of the delta become theirs. */
function planMerge(
  held: DecisionIndex,
  delta: DecisionDelta,
  nowSeconds: number,
): { readonly sources: readonly RowSource[]; readonly plan: MergePlan } {
  const { counts } = countRows(held, nowSeconds * 1000);
  const table = new SourceTable();
  const feeds = new Map<string, number>();
  const feedOf = ({ feed }: RowSource): number => feeds.get(feed) ?? feeds.set(feed, feeds.size).size - 1;
  const heldSources = Uint16Array.from(held.sources, (source, id) =>
    counts[id] === 0 || delta.replaced.has(source.feed) ? NO_SOURCE : table.idOf(source),
  );
  const newSources = Uint16Array.from(delta.sources, (source) => table.idOf(source));
  const plan = {
    nowSeconds,
    heldSources,
    newSources,
    heldFeeds: Uint32Array.from(held.sources, feedOf),
    newFeeds: Uint32Array.from(table.sources, feedOf),
  };
  return { sources: table.sources, plan };
}
