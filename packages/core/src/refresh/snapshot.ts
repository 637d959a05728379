import { z } from 'zod';
import { DecisionIndex } from '../decisions/decision-index.js';
import type { SourceState } from '../sources/decision-source.js';
import type { Blob, JsonValue } from '../store/store.js';

/** What is held, as it is stored: the decisions, the moment of their pull and what the source must remember, in one write. */
export interface Snapshot {
  readonly index: DecisionIndex;
  /** When the pull that it comes from began, in ms since the epoch. */
  readonly pulledAt: number;
  readonly sourceState: SourceState;
}

const headSchema = z.object({
  pulledAt: z.number(),
  sourceState: z.record(z.string(), z.custom<SourceState[string]>((value) => typeof value === 'object' && value !== null)),
  index: z.json(),
});

export function toBlob({ index, pulledAt, sourceState }: Snapshot): Blob {
  const { head, chunks } = index.toBlob();
  return { head: { pulledAt, sourceState: sourceState as unknown as JsonValue, index: head }, chunks };
}

/** Rejects when the blob is not a snapshot of this version. */
export async function fromBlob(blob: Blob): Promise<Snapshot> {
  const { pulledAt, sourceState, index } = headSchema.parse(blob.head);
  return { pulledAt, sourceState, index: await DecisionIndex.fromBlob({ head: index, chunks: blob.chunks }) };
}
