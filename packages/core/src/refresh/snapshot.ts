import * as z from 'zod';
import { DecisionIndex } from '../decisions/decision-index.js';
import type { SourceState } from '../sources/decision-source.js';
import type { Blob, JsonValue } from '../store/store.js';
import { storedMomentSchema } from '../stored-moment.js';

/** What is stored in one write: the network's decisions, the moment of their pull, what its sources must remember. */
export interface Snapshot {
  readonly index: DecisionIndex;
  /** When the pull of CAPI began, in ms since the epoch; absent while only other sources have answered. */
  readonly pulledAt?: number | undefined;
  readonly sourceState: SourceState;
}

/** What a source remembers of a list. Sources of others may remember more; that is theirs to check. */
const listStateSchema = z.looseObject({
  kind: z.enum(['blocklist', 'allowlist']),
  name: z.string(),
  url: z.string(),
  remediation: z.string().optional(),
  scope: z.string().optional(),
  duration: z.string().optional(),
  pulledAt: storedMomentSchema.optional(),
  failed: z.boolean().optional(),
  version: z.string().optional(),
  seen: z.string().optional(),
});

const headSchema = z.object({
  pulledAt: storedMomentSchema.nullable(),
  sourceState: z.record(z.string(), z.looseObject({})),
  index: z.json(),
});

export function toBlob({ index, pulledAt, sourceState }: Snapshot): Blob {
  const { head, chunks } = index.toBlob();
  const state = sourceState as unknown as JsonValue;
  return { head: { pulledAt: pulledAt ?? null, sourceState: state, index: head }, chunks };
}

/**
 * The snapshot that {@link toBlob} made. Its rows are not checked. A list whose state is damaged is forgotten, and
 * asked for whole by the next pull.
 *
 * @throws when the blob is not a snapshot of this version
 */
export function fromBlob(blob: Blob): Snapshot {
  const { pulledAt, sourceState, index: head } = headSchema.parse(blob.head);
  const index = DecisionIndex.fromBlob({ head, chunks: blob.chunks });
  return { pulledAt: pulledAt ?? undefined, sourceState: readableStates(sourceState), index };
}

/** The moment of the pull that the head of a damaged snapshot tells, in ms since the epoch. */
export function pulledAtOf(head: JsonValue | undefined): number | undefined {
  const read = z.object({ pulledAt: storedMomentSchema }).safeParse(head);
  return read.success ? read.data.pulledAt : undefined;
}

/** What stands in the place of decisions that somebody cleared: the next pull comes no sooner for it, and asks for all. */
export function clearedBlob(pulledAt: number): Blob {
  return { head: { pulledAt, sourceState: {}, index: null, cleared: true }, chunks: [] };
}

export function isCleared({ head }: Pick<Blob, 'head'>): boolean {
  return typeof head === 'object' && head !== null && 'cleared' in head && head.cleared === true;
}

/** The feeds of lists that CAPI links to: their state is read by this package. */
const LINKED = /^(?:block|allow)list:/;

function readableStates(states: Readonly<Record<string, object>>): SourceState {
  const isReadable = ([feed, state]: [string, object]): boolean =>
    !LINKED.test(feed) || listStateSchema.safeParse(state).success;
  return Object.fromEntries(Object.entries(states).filter(isReadable)) as SourceState;
}
