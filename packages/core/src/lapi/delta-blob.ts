import * as z from 'zod';
import { type DecisionDelta, DeltaBuilder } from '../decisions/decision-delta.js';
import type { EventLoopYielder } from '../decisions/event-loop-yielder.js';
import { FAMILIES, RowSet, WORDS } from '../decisions/row-set.js';
import { RunCursor, type RowRuns } from '../decisions/row-runs.js';
import { SourceTable } from '../decisions/source-table.js';
import { BYTE_ORDER } from '../decisions/index-blob.js';
import type { Blob } from '../store/store.js';

/** A delta, and its place in the order of all that the store holds: 1, 2, 3 and so on. */
export interface PlacedDelta {
  readonly place: number;
  readonly delta: DecisionDelta;
}

/** So many rows are written or read between two looks at the clock. */
const STEP = 1024;

const FORMAT = 'crowdsec-lapi-changes/1';

const count = z.number().int().min(0);
const partSchema = z.object({
  place: count,
  sources: z
    .array(
      z.object({ feed: z.string(), origin: z.string(), type: z.string(), scenario: z.string(), allow: z.boolean() }),
    )
    .max(0xffff),
  rows: z.object({ v4: count, v6: count, country: count, as: count }),
});
const headSchema = z.object({
  format: z.literal(FORMAT),
  byteOrder: z.literal(BYTE_ORDER),
  parts: z.array(partSchema),
});

/** A delta as a blob: its rows as they lie in memory, 12 bytes an IPv4 row, and a head with their sources. Written in slices. */
export async function deltaToBlob({ place, delta }: PlacedDelta, yielder: EventLoopYielder): Promise<Blob> {
  const chunks: Uint8Array[] = [];
  for (const family of FAMILIES) chunks.push(await bytesOf(delta.rows[family], yielder));
  const rows = Object.fromEntries(FAMILIES.map((family) => [family, delta.rows[family].size]));
  const sources = delta.sources.map(({ feed, origin, type, scenario, allow }) => ({
    feed,
    origin,
    type,
    scenario,
    allow,
  }));
  return { head: { format: FORMAT, byteOrder: BYTE_ORDER, parts: [{ place, sources, rows }] }, chunks };
}

/**
 * Several such blobs as one, in their order.
 *
 * @throws when one of them is none
 */
export function joinDeltaBlobs(blobs: readonly Blob[]): Blob {
  const parts = blobs.flatMap(({ head }) => headSchema.parse(head).parts);
  return {
    head: { format: FORMAT, byteOrder: BYTE_ORDER, parts },
    chunks: blobs.flatMap(({ chunks }) => chunks),
  };
}

/**
 * The deltas of a blob behind a place, in their order. Read in slices.
 *
 * @throws when the blob is none of this version, or its rows do not fit its sources
 */
export async function deltasFromBlob(
  blob: Blob,
  after: number,
  yielder: EventLoopYielder,
): Promise<readonly PlacedDelta[]> {
  const { parts } = headSchema.parse(blob.head);
  const bytes = blob.chunks.length === 1 ? blob.chunks[0]! : Buffer.concat(blob.chunks);
  const deltas: PlacedDelta[] = [];
  let at = 0;
  for (const { place, sources, rows: counts } of parts) {
    const table = new SourceTable();
    for (const source of sources) table.idOf(source);
    const rows = new RowSet();
    for (const family of FAMILIES) {
      const length = counts[family] * (WORDS[family] + 2) * 4;
      if (at + length > bytes.byteLength) throw new Error('some of its rows are missing');
      if (place > after) await readRows(rows[family], bytes.subarray(at, at + length), sources.length, yielder);
      at += length;
    }
    if (place > after) deltas.push({ place, delta: { ...new DeltaBuilder(table).build(), rows } });
  }
  return deltas;
}

async function bytesOf(runs: RowRuns, yielder: EventLoopYielder): Promise<Uint8Array> {
  const data = new Uint32Array(runs.size * runs.stride);
  const cursor = new RunCursor(runs);
  for (let to = 0; cursor.run !== undefined; to += runs.stride) {
    const from = cursor.row * runs.stride;
    for (let i = 0; i < runs.stride; i++) data[to + i] = cursor.run.data[from + i]!;
    cursor.advance();
    if (to % STEP === 0 && yielder.isSliceSpent()) await yielder.yieldToEventLoop();
  }
  return new Uint8Array(data.buffer);
}

async function readRows(runs: RowRuns, bytes: Uint8Array, sources: number, yielder: EventLoopYielder): Promise<void> {
  // A copy, for the bytes may lie anywhere.
  const data = new Uint32Array(Uint8Array.from(bytes).buffer);
  const { words, stride } = runs;
  const key = new Uint32Array(4);
  for (let at = 0; at < data.length; at += stride) {
    for (let i = 0; i < words; i++) key[i] = data[at + i]!;
    const [source, length] = [data[at + words]! >>> 16, data[at + words]! & 0xffff];
    if (source >= sources || length > 32 * words) throw new Error('its rows name what there is not');
    runs.add(key, length, source, data[at + words + 1]!);
    if (at % STEP === 0 && yielder.isSliceSpent()) await yielder.yieldToEventLoop();
  }
}
