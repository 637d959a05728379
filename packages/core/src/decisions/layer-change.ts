import { type DecisionDelta, DeltaBuilder } from './decision-delta.js';
import type { DecisionIndex } from './decision-index.js';
import type { DecisionTable } from './decision-table.js';
import type { EventLoopYielder } from './event-loop-yielder.js';
import { EndChanges } from './end-changes.js';
import { FAMILIES, type Family, RowSet } from './row-set.js';
import { RunCursor, type Run } from './row-runs.js';
import { compareRows } from './rows.js';
import type { SourceTable } from './source-table.js';

/** What a delta does to a large base and a small overlay. */
export interface LayerChange {
  /** Rows of the base that get another end and go on. */
  readonly renewals: EndChanges;
  /** Rows of the base that have expired or are replaced by the overlay. */
  readonly deletions: EndChanges;
  /** For the overlay. */
  readonly overlay: DecisionDelta;
  readonly added: number;
  readonly deleted: number;
}

export interface Layers {
  readonly base: DecisionIndex;
  readonly overlay: DecisionIndex;
}

export interface LayerChangeContext {
  readonly nowSeconds: number;
  /** The sources of the base by their numbers. */
  readonly sources: SourceTable;
  readonly yielder: EventLoopYielder;
}

/** So many prefixes are looked up between two looks at the clock. */
const STEPS_PER_SLICE_CHECK = 64;

/** Plans, in slices, what a delta does; changes nothing yet. */
export async function planLayerChange(
  layers: Layers,
  delta: DecisionDelta,
  context: LayerChangeContext,
): Promise<LayerChange> {
  const plan = new Plan(layers, delta, context);
  for (const family of FAMILIES) {
    const cursor = new RunCursor(delta.rows[family]);
    for (let step = 1; cursor.run !== undefined; step++) {
      plan.addPrefix(family, cursor);
      if (step % STEPS_PER_SLICE_CHECK === 0 && context.yielder.isSliceSpent())
        await context.yielder.yieldToEventLoop();
    }
  }
  return plan.finish();
}

/** A row of the delta. */
interface Fresh {
  readonly source: number;
  readonly until: number;
}

/** A row that a layer holds. */
interface Held {
  readonly row: number;
  readonly source: number;
  readonly until: number;
}

class Plan {
  readonly #layers: Layers;
  readonly #delta: DecisionDelta;
  readonly #nowSeconds: number;
  readonly #renewals = new EndChanges();
  readonly #deletions = new EndChanges();
  readonly #overlay = new DeltaBuilder();
  readonly #overlayRows = new RowSet();
  readonly #overlaySources = new Map<number, number>();
  /** Of each source of the delta: its number in the base, or -1. */
  readonly #inBase: readonly number[];
  readonly #key = new Uint32Array(4);
  #added = 0;
  #deleted = 0;

  constructor(layers: Layers, delta: DecisionDelta, { nowSeconds, sources }: LayerChangeContext) {
    this.#layers = layers;
    this.#delta = delta;
    this.#nowSeconds = nowSeconds;
    this.#inBase = delta.sources.map((source) => sources.find(source) ?? -1);
  }

  finish(): LayerChange {
    return {
      renewals: this.#renewals,
      deletions: this.#deletions,
      overlay: { ...this.#overlay.build(), rows: this.#overlayRows },
      added: this.#added,
      deleted: this.#deleted,
    };
  }

  /** Takes all rows of the delta about the prefix that the cursor is at. */
  addPrefix(family: Family, cursor: RunCursor): void {
    const { words } = this.#layers.base.tables[family];
    const { run, row } = cursor as { readonly run: Run; readonly row: number };
    const byFeed = new Map<string, Fresh[]>();
    do {
      const at = cursor.row * cursor.run!.stride + words;
      const source = cursor.run!.data[at]! >>> 16;
      const fresh = { source, until: cursor.run!.data[at + 1]! };
      const { feed } = this.#delta.sources[source]!;
      const others = byFeed.get(feed);
      if (others === undefined) byFeed.set(feed, [fresh]);
      else others.push(fresh);
      cursor.advance();
    } while (cursor.run !== undefined && isSame(run, row, cursor.run, cursor.row, words));
    for (const [feed, rows] of byFeed) this.#change(family, { run, row }, feed, rows);
  }

  #change(family: Family, prefix: { readonly run: Run; readonly row: number }, feed: string, fresh: Fresh[]): void {
    const { base, overlay } = this.#layers;
    const inBase = heldOf(base, family, prefix, feed);
    const inOverlay = heldOf(overlay, family, prefix, feed);
    const live = longestOfEach(fresh.filter(({ until }) => until > this.#nowSeconds));
    this.#count(live, inBase, inOverlay);
    const only = live.length === 1 ? live[0]! : undefined;
    const target = only && inBase.find(({ source }) => source === this.#inBase[only.source]);
    const table = base.tables[family];
    for (const { row, until } of inBase) if (row !== target?.row && until > 0) this.#deletions.add(table, row, 0);
    if (target !== undefined && target.until !== only!.until) this.#renewals.add(table, target.row, only!.until);
    if (target === undefined && live.length > 0) {
      for (const each of live) this.#addToOverlay(family, prefix, each.source, each.until);
    } else if (inOverlay.length > 0) this.#addToOverlay(family, prefix, fresh[0]!.source, 0);
  }

  #addToOverlay(
    family: Family,
    { run, row }: { readonly run: Run; readonly row: number },
    source: number,
    until: number,
  ): void {
    const { words } = this.#overlayRows[family];
    const at = row * run.stride;
    for (let i = 0; i < words; i++) this.#key[i] = run.data[at + i]!;
    let id = this.#overlaySources.get(source);
    if (id === undefined) this.#overlaySources.set(source, (id = this.#overlay.sourceId(this.#delta.sources[source]!)));
    this.#overlayRows[family].add(this.#key, run.data[at + words]! & 255, id, until);
  }

  #count(live: readonly Fresh[], inBase: readonly Held[], inOverlay: readonly Held[]): void {
    const isHeld = ({ source, until }: Fresh): boolean => {
      const newSource = this.#delta.sources[source]!;
      return (
        inBase.some((held) => held.until === until && held.source === this.#inBase[source]) ||
        inOverlay.some(
          (held) =>
            held.until === until &&
            this.#layers.overlay.sources[held.source]!.scenario === newSource.scenario &&
            this.#layers.overlay.sources[held.source]!.origin === newSource.origin,
        )
      );
    };
    this.#added += live.filter((row) => !isHeld(row)).length;
    if (live.length === 0)
      this.#deleted += [...inBase, ...inOverlay].filter(({ until }) => until > this.#nowSeconds).length;
  }
}

/** What an index holds of a feed about exactly this prefix. */
function heldOf(
  index: DecisionIndex,
  family: Family,
  { run, row }: { readonly run: Run; readonly row: number },
  feed: string,
): readonly Held[] {
  const table = index.tables[family];
  const first = table.firstOfPrefix(run, row);
  if (first < 0) return NONE;
  const found: Held[] = [];
  for (let at = first; at < table.size && isSamePrefix(table, at, first); at++) {
    const source = table.sourceOf(at);
    if (index.sources[source]!.feed === feed) found.push({ row: at, source, until: table.untilOf(at) });
  }
  return found;
}

const NONE: readonly Held[] = [];

function isSamePrefix(table: DecisionTable, row: number, other: number): boolean {
  return row === other || table.isSamePrefix(row, other);
}

function isSame(a: Run, rowA: number, b: Run, rowB: number, words: number): boolean {
  return compareRows(a, rowA, b, rowB, words) === 0;
}

/** Of equal rows, the one that expires last. */
function longestOfEach(rows: readonly Fresh[]): readonly Fresh[] {
  if (rows.length < 2) return rows;
  const longest = new Map<number, Fresh>();
  for (const row of rows) if (row.until > (longest.get(row.source)?.until ?? 0)) longest.set(row.source, row);
  return [...longest.values()];
}
