import type { SkipReason } from '../decisions/decision-delta.js';
import { parseGoDuration } from '../decisions/go-duration.js';
import { kindOfScope, type ValueKind } from '../decisions/row-set.js';
import type { RowSource } from '../decisions/row-source.js';
import { decisionFeed } from './decision-feed.js';

/** A row of the stream that is about addresses, a country or a network. */
export interface StreamRow {
  /** Of the decision; changes when LAPI renews it. `undefined` where there is none. */
  readonly id: number | undefined;
  /** What LAPI deduplicates and deletes by: scope, type and value, as they are written. */
  readonly key: string;
  readonly kind: ValueKind;
  /** Trimmed, else as it is written. */
  readonly value: string;
  readonly source: RowSource;
  /** How long it lasts from the moment of the answer, in ms; not looked at in deletions. */
  readonly durationMs: number;
}

/** Longer texts are cut: they are for people. */
const MAX_TEXT_CHARS = 500;
/** A type, scope or value that is longer is none. */
const MAX_NAME_CHARS = 200;
/** So many types and origins are told apart; beyond that somebody makes them up. */
const MAX_TYPES = 500;
const MAX_ORIGINS = 1_000;

/** Checks rows of one answer, and gives them their feeds. */
export class StreamRows {
  readonly #types = new Set<string>();
  readonly #origins = new Set<string>();
  readonly #sources = new Map<string, RowSource>();

  /** The row, or why it is left out. */
  read(row: unknown, list: 'new' | 'deleted'): StreamRow | SkipReason {
    if (typeof row !== 'object' || row === null) return 'malformed';
    const { id, scope, type, value, duration, origin, scenario } = row as Readonly<Record<string, unknown>>;
    if (!isName(scope) || !isName(type) || !isName(value)) return 'malformed';
    const kind = kindOfScope(scope);
    if (kind === undefined) return 'scope';
    const durationMs =
      list === 'deleted' ? 0 : typeof duration === 'string' ? parseGoDuration(duration.trim()) : undefined;
    if (durationMs === undefined) return 'duration';
    this.#types.add(type);
    if (this.#types.size > MAX_TYPES) return 'too-many';
    // Of a deletion only the feed counts: its origin is that of the row that ended last.
    const [from, why] = list === 'deleted' ? ['', ''] : [textOf(origin), textOf(scenario)];
    const source = this.#sourceOf(decisionFeed(scope, type, value), type, from, why);
    return {
      id: typeof id === 'number' ? id : undefined,
      key: `${scope}\n${type}\n${value}`,
      kind,
      value: value.trim(),
      source,
      durationMs,
    };
  }

  #sourceOf(feed: string, type: string, givenOrigin: string, scenario: string): RowSource {
    let origin = givenOrigin === 'lists' ? `lists:${scenario}` : givenOrigin === '' ? 'unknown' : givenOrigin;
    this.#origins.add(origin);
    if (this.#origins.size > MAX_ORIGINS) origin = 'other';
    const key = `${feed}\n${origin}\n${scenario}`;
    let source = this.#sources.get(key);
    if (source === undefined) {
      source = { feed, origin, type: type.toLowerCase(), scenario, allow: false };
      this.#sources.set(key, source);
    }
    return source;
  }
}

function isName(value: unknown): value is string {
  return typeof value === 'string' && value.length <= MAX_NAME_CHARS && value.trim() !== '';
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value.slice(0, MAX_TEXT_CHARS) : '';
}
