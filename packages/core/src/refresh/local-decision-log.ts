import { randomBytes } from 'node:crypto';
import type { Clock } from '../clock.js';
import { EventLoopYielder } from '../decisions/event-loop-yielder.js';
import type { LocalDecision, LocalDecisions } from '../decisions/local-decisions.js';
import { segmentsToJoin } from '../store/segments-to-join.js';
import type { Lease, Store } from '../store/store.js';
import {
  readSegment,
  segmentListFromBlob,
  segmentListToBlob,
  segmentToBlob,
  type Segment,
  type SegmentList,
} from './local-decision-segments.js';

/** So many decisions are handled between two looks at the clock. */
const STEP = 256;
/** How often a list is read again because a segment of it was replaced meanwhile. */
const ATTEMPTS = 5;

export interface LocalDecisionLogOptions {
  readonly store: Store;
  readonly local: LocalDecisions;
  readonly clock: Clock;
}

/**
 * The local decisions in the store: each save appends what changed as a segment, each load reads the segments that are
 * new. Segments are joined now and then. All of it works in slices that leave the event loop free in between.
 */
export class LocalDecisionLog {
  readonly #options: LocalDecisionLogOptions;
  #list: SegmentList | undefined;
  #version: string | undefined;
  /** The last place that this process has read or written. */
  #known = 0;
  /** Segments that can't be read. */
  readonly #lost = new Set<string>();

  constructor(options: LocalDecisionLogOptions) {
    this.#options = options;
  }

  /** Takes over what other processes have stored since. What the store has lost counts as not stored. */
  async load(): Promise<void> {
    const { store } = this.#options;
    for (let attempt = 1; ; attempt++) {
      const version = await store.blobVersion('local-decisions');
      if (version !== undefined && version === this.#version) return;
      const read = version === undefined ? undefined : await store.readBlob('local-decisions', segmentListFromBlob);
      if (read?.state !== 'present') return await this.#forget();
      const list = read.value;
      if (list.generation !== this.#list?.generation) await this.#forget();
      if (!(await this.#readNew(list, attempt === ATTEMPTS))) continue;
      await this.#noticeGone(list);
      this.#list = list;
      this.#version = version;
      return;
    }
  }

  /** Stores what is not stored yet, after {@link load}. */
  async append(lease: Lease): Promise<void> {
    await this.load();
    const { store, local, clock } = this.#options;
    const now = clock.now();
    const changes = await gathered(local.unstored(now));
    if (changes.length === 0) return;
    const place = this.#known + 1;
    const held = this.#list?.segments ?? [];
    const kept = held.filter(({ id, endsAt }) => endsAt > now && !this.#lost.has(id));
    const joined = segmentsToJoin([...kept, { id: '', from: place, to: place, count: changes.length, endsAt: 0 }]);
    const before = joined === undefined ? kept : kept.slice(0, kept.length + 1 - joined.length);
    const from = joined?.[0]?.from ?? place;
    const decisions =
      from === place ? changes : [...(await gathered(local.storedIn(from, place - 1, now))), ...changes];
    const added = await this.#write(lease, decisions, { from, to: place });
    const list = { generation: this.#list?.generation ?? newId(), segments: [...before, added] };
    try {
      await lease.putBlob('local-decisions', segmentListToBlob(list));
    } catch (error) {
      await this.#remove([added]);
      throw error;
    }
    this.#list = list;
    this.#known = place;
    await this.#noteStored(changes, list);
    this.#version = await store.blobVersion('local-decisions').catch(() => undefined);
    await this.#remove(held.filter(({ id }) => !before.some((segment) => segment.id === id)));
  }

  async #write(
    lease: Lease,
    decisions: readonly LocalDecision[],
    about: Pick<Segment, 'from' | 'to'>,
  ): Promise<Segment> {
    const id = newId();
    const endsAt = decisions.reduce((latest, { expiresAt }) => Math.max(latest, expiresAt), 0);
    await lease.putBlob(`local-decisions:${id}`, await segmentToBlob(decisions, new EventLoopYielder()));
    return { id, ...about, count: decisions.length, endsAt };
  }

  /** These are stored in the last place of the list, unless the store has lost that list meanwhile. */
  async #noteStored(decisions: readonly LocalDecision[], list: SegmentList): Promise<void> {
    const yielder = new EventLoopYielder();
    const place = this.#known;
    for (let at = 0; at < decisions.length && this.#list === list; at += STEP) {
      this.#options.local.stored(decisions.slice(at, at + STEP), place);
      if (yielder.isSliceSpent()) await yielder.yieldToEventLoop();
    }
  }

  /** Reads the segments that this process does not know; false when one was replaced meanwhile. */
  async #readNew(list: SegmentList, isLastAttempt: boolean): Promise<boolean> {
    const { store, local, clock } = this.#options;
    const yielder = new EventLoopYielder();
    for (const segment of list.segments) {
      if (segment.to <= this.#known || this.#lost.has(segment.id)) continue;
      const take = (decisions: readonly LocalDecision[]): void => local.merge(decisions, clock.now(), segment.to);
      const read = await store.readBlob(`local-decisions:${segment.id}`, (blob) => readSegment(blob, yielder, take));
      if (read.state === 'absent' && !isLastAttempt) return false;
      if (read.state !== 'present') await this.#lose(segment);
    }
    this.#known = list.segments.reduce((last, { to }) => Math.max(last, to), this.#known);
    return true;
  }

  /** Another process has left out segments that it could not read: what this one holds of them is stored again. */
  async #noticeGone({ segments }: SegmentList): Promise<void> {
    const now = this.#options.clock.now();
    for (const { from, to, endsAt } of this.#list?.segments ?? []) {
      const isCovered = segments.some((segment) => segment.from <= from && segment.to >= to);
      if (!isCovered && endsAt > now) await this.#losePlaces(from, to);
    }
  }

  async #lose({ id, from, to }: Segment): Promise<void> {
    this.#lost.add(id);
    await this.#losePlaces(from, to);
  }

  async #losePlaces(from: number, to: number): Promise<void> {
    await gathered(this.#options.local.lostPlaces(from, to));
  }

  /** The store was emptied or begun anew: nothing that this process holds is stored. */
  async #forget(): Promise<void> {
    const held = this.#list !== undefined || this.#known > 0;
    this.#list = undefined;
    this.#version = undefined;
    this.#known = 0;
    this.#lost.clear();
    if (held) await this.#losePlaces(1, Infinity);
  }

  /** A reader of the list before finds them gone, and reads the list again. */
  async #remove(segments: readonly Segment[]): Promise<void> {
    for (const { id } of segments) await this.#options.store.delete(`local-decisions:${id}`).catch(() => undefined);
  }
}

/** What of a long run of items is defined, gone through in slices that leave the event loop free in between. */
async function gathered<T>(items: Iterable<T | undefined>): Promise<readonly T[]> {
  const yielder = new EventLoopYielder();
  const found: T[] = [];
  let looked = 0;
  for (const item of items) {
    if (item !== undefined) found.push(item);
    if (++looked % STEP === 0 && yielder.isSliceSpent()) await yielder.yieldToEventLoop();
  }
  return found;
}

function newId(): string {
  return randomBytes(9).toString('base64url');
}
