import * as z from 'zod';
import type { EventLoopYielder } from '../decisions/event-loop-yielder.js';
import type { LocalDecision } from '../decisions/local-decisions.js';
import type { Blob, JsonValue } from '../store/store.js';

/** Part of the stored local decisions, written once and never changed. */
export interface Segment {
  /** Names its blob. */
  readonly id: string;
  /** It stands for all that was written in these places, later ones winning: 1, 2, 3 and so on. */
  readonly from: number;
  readonly to: number;
  /** How many decisions it holds. */
  readonly count: number;
  /** When the last of them ends, in ms since the epoch. */
  readonly endsAt: number;
}

/** Which segments count. It is small, and written last. */
export interface SegmentList {
  /** Tells this list from one that was begun anew in an emptied store. */
  readonly generation: string;
  /** In the order of their places. */
  readonly segments: readonly Segment[];
}

/** Names the format of the list; the number grows with each that older versions can't read. */
export const SEGMENT_LIST_FORMAT = 'crowdsec-local-decisions/2';

const count = z.number().int().min(0);

const segmentListSchema = z.object({
  format: z.literal(SEGMENT_LIST_FORMAT),
  generation: z.string().min(1),
  segments: z
    .array(z.object({ id: z.string().regex(/^[\w-]{1,64}$/), from: count, to: count, count, endsAt: z.number() }))
    .max(1_000),
});

export function segmentListToBlob(list: SegmentList): Blob {
  return { head: { format: SEGMENT_LIST_FORMAT, ...list } as unknown as JsonValue, chunks: [] };
}

/** @throws when the blob is no list of this version */
export function segmentListFromBlob({ head }: Blob): SegmentList {
  return segmentListSchema.parse(head);
}

/** So many decisions are written or read between two looks at the clock. */
const STEP = 64;
const SEPARATOR = '\n';

/** The decisions as a blob, a line each, written in slices that leave the event loop free in between. */
export async function segmentToBlob(decisions: readonly LocalDecision[], yielder: EventLoopYielder): Promise<Blob> {
  const chunks: Uint8Array[] = [];
  for (let at = 0; at < decisions.length; at += STEP) {
    const lines = decisions
      .slice(at, at + STEP)
      .map(({ value, type, scenario, expiresAt, updatedAt, lifted }) =>
        JSON.stringify({ value, type, scenario, expiresAt, updatedAt, lifted }),
      );
    chunks.push(Buffer.from(lines.join(SEPARATOR) + SEPARATOR));
    if (yielder.isSliceSpent()) await yielder.yieldToEventLoop();
  }
  return { head: { count: decisions.length }, chunks };
}

/** Reads a segment in slices and hands on what is a decision; how many lines were none. */
export async function readSegment(
  { chunks }: Blob,
  yielder: EventLoopYielder,
  take: (decisions: readonly LocalDecision[]) => void,
): Promise<number> {
  const bytes = Buffer.concat(chunks);
  let damaged = 0;
  let batch: LocalDecision[] = [];
  for (let at = 0; at < bytes.length;) {
    const end = bytes.indexOf(SEPARATOR, at);
    const decision = parseDecision(bytes.toString('utf8', at, end < 0 ? bytes.length : end));
    if (decision === undefined) damaged++;
    else batch.push(decision);
    at = end < 0 ? bytes.length : end + 1;
    if (batch.length < STEP) continue;
    take(batch);
    batch = [];
    if (yielder.isSliceSpent()) await yielder.yieldToEventLoop();
  }
  take(batch);
  return damaged;
}

function parseDecision(line: string): LocalDecision | undefined {
  try {
    const value: unknown = JSON.parse(line);
    return isDecision(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

/** By hand: a schema takes ten times as long. */
function isDecision(value: unknown): value is LocalDecision {
  if (typeof value !== 'object' || value === null) return false;
  const { value: target, type, scenario, ...rest } = value as Partial<Record<keyof LocalDecision, unknown>>;
  const { expiresAt, updatedAt, lifted } = rest;
  const areTexts = [target, type, scenario].every((text) => typeof text === 'string');
  return areTexts && Number.isFinite(expiresAt) && Number.isFinite(updatedAt) && typeof lifted === 'boolean';
}
