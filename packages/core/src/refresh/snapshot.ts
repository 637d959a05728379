import { z } from 'zod';
import { DecisionIndex } from '../decisions/decision-index.js';
import type { SourceState } from '../sources/decision-source.js';
import type { Blob, JsonValue } from '../store/store.js';

/** What is stored in one write: the network's decisions, the moment of their pull, what its sources must remember. */
export interface Snapshot {
  readonly index: DecisionIndex;
  /** When the pull of CAPI began, in ms since the epoch; absent while only other sources have answered. */
  readonly pulledAt?: number | undefined;
  readonly sourceState: SourceState;
}

const headSchema = z.object({
  pulledAt: z.number().nullable(),
  sourceState: z.record(
    z.string(),
    z.custom<SourceState[string]>((value) => typeof value === 'object' && value !== null),
  ),
  index: z.json(),
});

export function toBlob({ index, pulledAt, sourceState }: Snapshot): Blob {
  const { head, chunks } = index.toBlob();
  const state = sourceState as unknown as JsonValue;
  return { head: { pulledAt: pulledAt ?? null, sourceState: state, index: head }, chunks };
}

/** @throws when the blob is not a snapshot of this version */
export function fromBlob(blob: Blob): Snapshot {
  const { pulledAt, sourceState, index: head } = headSchema.parse(blob.head);
  const index = DecisionIndex.fromBlob({ head, chunks: blob.chunks });
  return { pulledAt: pulledAt ?? undefined, sourceState, index };
}
