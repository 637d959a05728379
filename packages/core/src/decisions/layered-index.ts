import type { Clock } from '../clock.js';
import type { DecisionDelta } from './decision-delta.js';
import { DecisionIndex, type GeoFacts, type Hit, type RowFilter, type SourceWeights } from './decision-index.js';
import { EventLoopYielder } from './event-loop-yielder.js';
import { rowsOfIndex } from './index-rows.js';
import { planLayerChange } from './layer-change.js';
import { FAMILIES } from './row-set.js';
import type { DecisionMatch, RowSource } from './row-source.js';
import { SourceTable } from './source-table.js';

/** An overlay with more rows than this is merged into the base: every delta goes through all of the overlay. */
const MAX_OVERLAY_ROWS = 20_000;

/** How rows count in a lookup of each layer. */
export interface LayerWeights {
  readonly base: SourceWeights;
  readonly overlay: SourceWeights;
}

/** How many addresses and ranges are held, by origin. */
export type FamilyCounts = ReturnType<DecisionIndex['countsByFamily']>;

/** What a delta changed. */
export interface LayerChanges {
  /** Decisions that were not held, or with another end; each counts once. */
  readonly added: number;
  /** Held decisions that a deletion ended. */
  readonly deleted: number;
}

/**
 * Many decisions and few changes: a large index, and a small one with the rows that came since. A delta costs what its own rows cost, and
 * the few of the overlay: in the base, rows get another end in their places (a renewal of the same source, or a deletion), and whatever
 * else is new goes to the overlay. Now and then both are merged into the next base.
 *
 * A feed's rows about a prefix stand in one of the two alone, so that a lookup which asks both finds what the feed said last.
 */
export class LayeredIndex {
  static readonly empty = new LayeredIndex(DecisionIndex.empty);

  readonly base: DecisionIndex;
  readonly overlay: DecisionIndex;
  #sources: SourceTable | undefined;

  constructor(base: DecisionIndex, overlay: DecisionIndex = DecisionIndex.empty, sources?: SourceTable) {
    this.base = base;
    this.overlay = overlay;
    this.#sources = sources;
  }

  /** How many rows are held, those that have ended since included. */
  get size(): number {
    return this.#rowsInBase + this.overlay.size;
  }

  /** Whether any row names a country or an AS. */
  get needsGeo(): boolean {
    return this.base.needsGeo || this.overlay.needsGeo;
  }

  /** Whether it is time to merge the overlay into the base, or to leave deleted rows of the base behind. */
  get isDueToMerge(): boolean {
    const dead = this.base.size - this.#rowsInBase;
    return this.overlay.size > MAX_OVERLAY_ROWS || dead > Math.max(MAX_OVERLAY_ROWS, this.base.size / 4);
  }

  /** Whether the base is all there is, and has no deleted rows. */
  get isMerged(): boolean {
    return this.overlay.size === 0 && this.#rowsInBase === this.base.size;
  }

  /**
   * Applies a delta in slices of a few ms. One change at a time: the base is changed in its place.
   *
   * @param delta without feeds that are replaced whole
   * @param options.now ms since the epoch
   * @param options.use puts the next index to use. Called in the midst of it: before, renewed rows have got their ends; afterwards,
   *   deleted ones go, so that no lookup on the way finds nothing where there was a decision and still is
   */
  async apply(
    delta: DecisionDelta,
    { now, use }: { readonly now: number; readonly use: (next: LayeredIndex) => void },
  ): Promise<LayerChanges> {
    const yielder = new EventLoopYielder();
    const sources = (this.#sources ??= await tableOf(this.base.sources, yielder));
    const change = await planLayerChange(this, delta, { nowSeconds: Math.floor(now / 1000), sources, yielder });
    const overlay = change.overlay.rows.size === 0 ? this.overlay : await this.overlay.apply(change.overlay, { now });
    await change.renewals.carryOut(yielder);
    use(new LayeredIndex(this.base, overlay, sources));
    await change.deletions.carryOut(yielder);
    return { added: change.added, deleted: change.deleted };
  }

  /** The same decisions in one base, without those that are over. Works in slices; this one must not change meanwhile. */
  async merged({ now }: { readonly now: number }): Promise<LayeredIndex> {
    const rows = await rowsOfIndex(this.overlay, () => true);
    return new LayeredIndex(await this.base.apply(rows, { now }));
  }

  /** As {@link DecisionIndex.find}; of equals in both layers, the one that came last. */
  find(family: 4 | 6, weights: LayerWeights, clock: Clock): Hit | undefined {
    const held = this.base.find(family, weights.base, clock);
    if (this.overlay.size === 0) return held;
    return stronger(this.overlay.find(family, weights.overlay, clock), held);
  }

  /** As {@link DecisionIndex.findGeo}. */
  findGeo(geo: GeoFacts, weights: LayerWeights, clock: Clock): Hit | undefined {
    return stronger(this.overlay.findGeo(geo, weights.overlay, clock), this.base.findGeo(geo, weights.base, clock));
  }

  /** As {@link DecisionIndex.matches}, of the overlay first. */
  matches(ip: string, now: number, geo?: GeoFacts, isWanted?: RowFilter): readonly DecisionMatch[] {
    return [this.overlay, this.base].flatMap((layer) => layer.matches(ip, now, geo, isWanted));
  }

  get #rowsInBase(): number {
    const { tables } = this.base;
    return FAMILIES.reduce((sum, family) => tables[family].stats.counts.reduce((all, count) => all + count, sum), 0);
  }
}

/** The stronger of two hits; of equals the first. */
export function stronger(first: Hit | undefined, second: Hit | undefined): Hit | undefined {
  return first === undefined || (second !== undefined && second.rank < first.rank) ? second : first;
}

/** Counts by name, added up. */
export function sumOf(counts: readonly Readonly<Record<string, number>>[]): Readonly<Record<string, number>> {
  const sum: Record<string, number> = {};
  for (const [name, count] of counts.flatMap((each) => Object.entries(each))) sum[name] = (sum[name] ?? 0) + count;
  return sum;
}

/** Counts by origin and family, added up. */
export function sumOfFamilies(counts: readonly FamilyCounts[]): FamilyCounts {
  const sum = new Map<string, { v4: number; v6: number }>();
  for (const [origin, { v4, v6 }] of counts.flatMap((each) => [...each])) {
    const before = sum.get(origin) ?? { v4: 0, v6: 0 };
    sum.set(origin, { v4: before.v4 + v4, v6: before.v6 + v6 });
  }
  return sum;
}

async function tableOf(sources: readonly RowSource[], yielder: EventLoopYielder): Promise<SourceTable> {
  const table = new SourceTable();
  for (const [i, source] of sources.entries()) {
    table.idOf(source);
    if (i % 256 === 0 && yielder.isSliceSpent()) await yielder.yieldToEventLoop();
  }
  return table;
}
