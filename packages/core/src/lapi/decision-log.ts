import { randomBytes } from 'node:crypto';
import * as z from 'zod';
import { checkIndex } from '../decisions/check-index.js';
import type { DecisionDelta } from '../decisions/decision-delta.js';
import { DecisionIndex } from '../decisions/decision-index.js';
import { EventLoopYielder } from '../decisions/event-loop-yielder.js';
import { segmentsToJoin } from '../store/segments-to-join.js';
import type { Blob, JsonValue, Lease, Store, StoreKey } from '../store/store.js';
import { deltasFromBlob, deltaToBlob, joinDeltaBlobs, type PlacedDelta } from './delta-blob.js';

/** The blobs of bases. */
const BASES = ['base-a', 'base-b'] as const;
/** How often the list is read again because a blob of it was replaced meanwhile. */
const ATTEMPTS = 5;

/** Part of what came since the base, written once and never changed. */
interface Segment {
  /** Names its blob. */
  readonly id: string;
  /** The last place in it. */
  readonly to: number;
  /** How many rows it holds. */
  readonly count: number;
}

/** All decisions at some place. There are two blobs for them by turns, so that one whose writer was killed is overwritten. */
interface Base {
  /** Names its blob. */
  readonly id: string;
  readonly place: number;
  /** Tells it from what else stood in that blob. */
  readonly nonce: string;
}

/** Which blobs count. It is small, and written last. */
interface LogList {
  /** Of which LAPI, key and filters this is; that of another is nothing to us. */
  readonly network: string;
  readonly base: Base;
  /** In the order of their places. */
  readonly segments: readonly Segment[];
}

/** What a process does not know yet. */
export interface LogChanges {
  /** All decisions anew; absent when the base is known. */
  readonly base?: DecisionIndex;
  /** What came since, in its order. */
  readonly deltas: readonly DecisionDelta[];
}

const count = z.number().int().min(0);
const id = z.string().regex(/^[\w-]{1,64}$/);
const baseHeadSchema = z.object({ nonce: z.string(), index: z.json() });
const listSchema = z.object({
  format: z.literal('crowdsec-lapi-decisions/1'),
  network: z.string(),
  base: z.object({ id, place: count, nonce: z.string() }),
  segments: z.array(z.object({ id, to: count, count })).max(1_000),
});

/**
 * The decisions of LAPI in the store: a base, and each delta since as a segment of some kilobytes. One process writes, under its lease; the
 * others read what is new to them. Segments are joined now and then, and gone with the next base.
 */
export class DecisionLog {
  readonly #store: Store;
  readonly #network: string;
  #list: LogList | undefined;
  #version: string | undefined;
  /** Of the base that this process has written. */
  #baseVersion: string | undefined;
  /** The last place that this process has read or written. */
  #place = 0;

  /** @param options.network tells one LAPI, key and filters from others */
  constructor(options: { readonly store: Store; readonly network: string }) {
    this.#store = options.store;
    this.#network = options.network;
  }

  /** Whether anybody, now or later, could read what is written. */
  get isOfUse(): boolean {
    return this.#store.durable || this.#store.shared;
  }

  /** What others have written since; `undefined` when that is nothing, or nothing that can be read. */
  async read(): Promise<LogChanges | undefined> {
    for (let attempt = 1; attempt <= ATTEMPTS; attempt++) {
      const version = await this.#store.blobVersion('lapi-decisions');
      if (version === undefined || version === this.#version) return undefined;
      const read = await this.#store.readBlob('lapi-decisions', listFromBlob);
      if (read.state !== 'present' || read.value.network !== this.#network) return undefined;
      const changes = await this.#readChanges(read.value);
      if (changes === 'replaced') continue;
      this.#version = version;
      if (changes === 'damaged') return undefined;
      this.#list = read.value;
      this.#place = read.value.segments.at(-1)?.to ?? read.value.base.place;
      return changes;
    }
    return undefined;
  }

  /** Whether the store still has what this process wrote, each part of it: a full Redis may drop any of them. */
  async isIntact(): Promise<boolean> {
    const list = this.#list;
    if (list === undefined || this.#version === undefined) return false;
    const versionOf = (key: StoreKey): Promise<string | undefined> => this.#store.blobVersion(key);
    if ((await versionOf('lapi-decisions')) !== this.#version) return false;
    if ((await versionOf(`lapi-decisions:${list.base.id}`)) !== this.#baseVersion) return false;
    const segments = await Promise.all(list.segments.map(({ id }) => versionOf(`lapi-decisions:${id}`)));
    return segments.every((version) => version !== undefined);
  }

  /** Writes all decisions anew. They must not change meanwhile. */
  async writeBase(lease: Lease, index: DecisionIndex): Promise<void> {
    const before = this.#list;
    const id = before?.base.id === BASES[0] ? BASES[1] : BASES[0];
    const base = { id, place: this.#place + 1, nonce: randomBytes(9).toString('base64url') };
    const { head, chunks } = index.toBlob();
    await lease.putBlob(`lapi-decisions:${id}`, { head: { nonce: base.nonce, index: head }, chunks });
    this.#baseVersion = await this.#store.blobVersion(`lapi-decisions:${id}`).catch(() => undefined);
    await this.#writeList(lease, { network: this.#network, base, segments: [] });
    this.#place = base.place;
    // What a writer before may have left behind, too.
    await this.#remove([
      ...(before === undefined ? [] : [before.base]),
      ...(before?.segments ?? []),
      { id: segmentId(base.place) },
    ]);
  }

  /** Writes a delta behind what is there; after {@link writeBase}, by the same process. */
  async append(lease: Lease, delta: DecisionDelta): Promise<void> {
    const list = this.#list;
    if (list === undefined) throw new Error('there is no base to append to');
    const place = this.#place + 1;
    const blob = await deltaToBlob({ place, delta }, new EventLoopYielder());
    const added: Segment = { id: segmentId(place), to: place, count: delta.rows.size };
    const joined = segmentsToJoin([...list.segments, added])?.slice(0, -1) ?? [];
    const kept = list.segments.slice(0, list.segments.length - joined.length);
    const total = joined.reduce((sum, segment) => sum + segment.count, added.count);
    await lease.putBlob(`lapi-decisions:${added.id}`, joined.length === 0 ? blob : await this.#joined(joined, blob));
    await this.#writeList(lease, { ...list, segments: [...kept, { ...added, count: total }] });
    this.#place = place;
    await this.#remove(joined);
  }

  async #joined(segments: readonly Segment[], last: Blob): Promise<Blob> {
    const blobs: Blob[] = [];
    for (const segment of segments) {
      const read = await this.#store.getBlob(`lapi-decisions:${segment.id}`);
      if (read === undefined) throw new Error('a part of the stored decisions is gone');
      blobs.push(read);
    }
    return joinDeltaBlobs([...blobs, last]);
  }

  async #writeList(lease: Lease, list: LogList): Promise<void> {
    await lease.putBlob('lapi-decisions', listToBlob(list));
    this.#list = list;
    this.#version = await this.#store.blobVersion('lapi-decisions').catch(() => undefined);
  }

  async #readChanges(list: LogList): Promise<LogChanges | 'replaced' | 'damaged'> {
    const yielder = new EventLoopYielder();
    let base: DecisionIndex | undefined;
    let after = this.#place;
    if (list.base.nonce !== this.#list?.base.nonce) {
      const read = await this.#store.readBlob(`lapi-decisions:${list.base.id}`, async (blob) => {
        const { nonce, index: head } = baseHeadSchema.parse(blob.head);
        // The one after the next, by now.
        if (nonce !== list.base.nonce) return 'replaced' as const;
        const index = DecisionIndex.fromBlob({ head, chunks: blob.chunks });
        await checkIndex(index, yielder);
        return index;
      });
      if (read.state !== 'present') return read.state === 'absent' ? 'replaced' : 'damaged';
      if (read.value === 'replaced') return 'replaced';
      base = read.value;
      after = list.base.place;
    }
    const deltas: PlacedDelta[] = [];
    for (const segment of list.segments) {
      if (segment.to <= after) continue;
      const last = deltas.at(-1)?.place ?? after;
      const parse = (blob: Blob): Promise<readonly PlacedDelta[]> => deltasFromBlob(blob, last, yielder);
      const read = await this.#store.readBlob(`lapi-decisions:${segment.id}`, parse);
      if (read.state !== 'present') return read.state === 'absent' ? 'replaced' : 'damaged';
      deltas.push(...read.value);
    }
    return { ...(base === undefined ? {} : { base }), deltas: deltas.map(({ delta }) => delta) };
  }

  /** A reader of the list before finds them gone, and reads the list again. */
  async #remove(blobs: readonly { readonly id: string }[]): Promise<void> {
    for (const blob of blobs) await this.#store.delete(`lapi-decisions:${blob.id}`).catch(() => undefined);
  }
}

function listToBlob(list: LogList): Blob {
  return { head: { format: 'crowdsec-lapi-decisions/1', ...list } as unknown as JsonValue, chunks: [] };
}

/** @throws when the blob is no list of this version */
function listFromBlob({ head }: Blob): LogList {
  return listSchema.parse(head);
}

/** By its place: whoever goes on where a killed writer ended takes the same name. */
function segmentId(place: number): string {
  return `changes-${place}`;
}
