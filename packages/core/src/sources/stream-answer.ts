import type { EventLoopYielder } from '../decisions/event-loop-yielder.js';
import type { DeltaBuilder } from '../decisions/decision-delta.js';
import { parseGoDuration } from '../decisions/go-duration.js';
import { kindOfScope } from '../decisions/row-set.js';
import { type RowSource, untilOf } from '../decisions/row-source.js';
import { isRecord } from './list-links.js';

/** The feed and the origin of what the stream itself brings. */
export const CAPI = 'CAPI';

export interface StreamRows {
  /** The answer's `new` and `deleted`, whatever they are. */
  readonly answer: Readonly<Record<string, unknown>>;
  readonly delta: DeltaBuilder;
  /** ms since the epoch. */
  readonly now: number;
  readonly yielder: EventLoopYielder;
  /** How many decisions and deletions are read at most; those beyond are counted as `too-many`. */
  readonly most?: number;
}

/**
 * Reads the decisions of a stream answer into a delta. Every `new` one is a ban of CAPI's; an item that is unusable
 * is left out alone, and counted.
 *
 * @see the API contract, `GetDecisionsStreamResponse` (v3)
 */
export async function readStreamAnswer({
  answer,
  delta,
  now,
  yielder,
  most = MAX_DECISIONS,
}: StreamRows): Promise<void> {
  let left = most;
  for (const group of groupsOf(answer.deleted, delta)) {
    const source = delta.sourceId(sourceOf(''));
    for (const [i, item] of group.decisions.entries()) {
      if (i % ITEMS === 0 && yielder.isSliceSpent()) await yielder.yieldToEventLoop();
      const value = isRecord(item) ? item.value : item;
      if (left-- <= 0) delta.skipped.add('too-many');
      else if (!isValue(value)) delta.skipped.add('malformed');
      else delta.delete(group.kind, String(value).trim(), source);
    }
  }
  for (const group of groupsOf(answer.new, delta)) {
    const source = delta.sourceId(sourceOf(group.scenario));
    for (const [i, item] of group.decisions.entries()) {
      if (i % ITEMS === 0 && yielder.isSliceSpent()) await yielder.yieldToEventLoop();
      const { value, duration } = isRecord(item) ? item : {};
      const durationMs = typeof duration === 'string' ? parseGoDuration(duration) : undefined;
      if (left-- <= 0) delta.skipped.add('too-many');
      else if (!isValue(value)) delta.skipped.add('malformed');
      else if (durationMs === undefined) delta.skipped.add('duration');
      else delta.add(group.kind, String(value).trim(), source, durationMs > 0 ? untilOf(now + durationMs) : 0);
    }
  }
}

/** A hundred times the largest list that CrowdSec publishes for an agent. */
const MAX_DECISIONS = 5_000_000;

/** So many items are read between two looks at the clock. */
const ITEMS = 64;

interface Group {
  readonly kind: NonNullable<ReturnType<typeof kindOfScope>>;
  readonly scenario: string;
  readonly decisions: readonly unknown[];
}

function groupsOf(groups: unknown, delta: DeltaBuilder): Group[] {
  if (groups === undefined || groups === null) return [];
  if (!Array.isArray(groups)) {
    delta.skipped.add('malformed');
    return [];
  }
  return groups.flatMap((group: unknown) => {
    const { scope, scenario, decisions } = isRecord(group) ? group : {};
    if (isRecord(group) && decisions === null) return [];
    if (!Array.isArray(decisions)) {
      delta.skipped.add('malformed');
      return [];
    }
    const kind = typeof scope === 'string' ? kindOfScope(scope) : undefined;
    if (kind === undefined) {
      delta.skipped.add('scope', decisions.length);
      return [];
    }
    return [{ kind, scenario: typeof scenario === 'string' ? scenario : '', decisions }];
  });
}

/** AS numbers may come as numbers. */
function isValue(value: unknown): value is string | number {
  return typeof value === 'string' || typeof value === 'number';
}

function sourceOf(scenario: string): RowSource {
  return { feed: CAPI, origin: CAPI, type: 'ban', scenario, allow: false };
}
