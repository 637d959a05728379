import { mustBeWrittenBack, notInFuture, type Clock } from '../clock.js';
import { EventLoopYielder } from '../decisions/event-loop-yielder.js';
import { checkIndex } from '../decisions/check-index.js';
import type { DecisionDelta } from '../decisions/decision-delta.js';
import { DecisionIndex } from '../decisions/decision-index.js';
import type { RemediationEngine } from '../remediation/remediation-engine.js';
import type { DecisionSource, PullResult, SourceState } from '../sources/decision-source.js';
import type { Lease, Store } from '../store/store.js';
import { deletionOfFeeds, feedsIn, rowsOfFeeds } from './feed-deltas.js';
import type { DecisionChanges } from './refresh-result.js';
import { fromBlob, isCleared, pulledAtOf, toBlob, type Snapshot } from './snapshot.js';
import { isLocal, ownsFeed } from './source-feeds.js';

export interface HeldDecisionsOptions {
  readonly store: Store;
  readonly engine: RemediationEngine;
  readonly clock: Clock;
  /** Decisions of a network are expected: what is held is partial until they have come. */
  readonly expectsNetwork: boolean;
  /** All sources of this process. */
  readonly sources: readonly DecisionSource[];
}

/**
 * The decisions of all sources, in the one index that lookups see. What came from the network is stored for all
 * processes. What this process reads itself (`everyMs`) is never stored, and is carried over when a snapshot is loaded.
 * One change at a time; each is one swap.
 */
export class HeldDecisions {
  readonly #options: HeldDecisionsOptions;
  #index = DecisionIndex.empty;
  /** What belongs to the decisions of the network; absent while none are held. */
  #network: Omit<Snapshot, 'index'> | undefined;
  #version: string | undefined;
  /** What is held of the network is newer than what is stored. */
  #isUnsaved = false;
  /** When CAPI was pulled for a stored snapshot that is damaged, or was cleared. */
  #lostPulledAt: number | undefined;
  #turn: Promise<unknown> = Promise.resolve();

  constructor(options: HeldDecisionsOptions) {
    this.#options = options;
  }

  get index(): DecisionIndex {
    return this.#index;
  }

  /** How many decisions are in force. */
  get count(): number {
    const counts = Object.values(this.#index.counts(this.#options.clock.now()));
    return counts.reduce((sum, count) => sum + count, 0);
  }

  /** When CAPI was pulled for what is held, in ms since the epoch. */
  get pulledAt(): number | undefined {
    return this.#network?.pulledAt;
  }

  /** As {@link pulledAt}, or for a snapshot that was lost. */
  get lastPullAt(): number | undefined {
    return this.pulledAt ?? this.#lostPulledAt;
  }

  /** What the sources of the network must remember. */
  get sourceState(): SourceState {
    return this.#network?.sourceState ?? {};
  }

  /** Which of the snapshots in the store is held. */
  get version(): string | undefined {
    return this.#version;
  }

  /** Whether decisions of the network are held. */
  get isLoaded(): boolean {
    return this.#network !== undefined;
  }

  /** Whether something that the network answered is in use and not stored yet. */
  get isUnsaved(): boolean {
    return this.#isUnsaved;
  }

  /** Puts to use the snapshot of this version, unless it is held already or what is held is newer. */
  load(version: string | undefined): Promise<void> {
    return this.#alone(async () => {
      const { clock } = this.#options;
      if (version === undefined || version === this.#version) return;
      const snapshot = await this.#read();
      if (snapshot === undefined) return;
      const { index, pulledAt, sourceState } = snapshot;
      const now = clock.now();
      if (this.#isUnsaved && !((pulledAt ?? 0) > (this.pulledAt ?? 0))) return;
      const own = this.#localFeeds(this.#index);
      const next = own.length === 0 ? index : await index.apply(await rowsOfFeeds(this.#index, own), { now });
      this.#network = { pulledAt: pulledAt === undefined ? undefined : notInFuture(pulledAt, now), sourceState };
      this.#use(next);
      this.#version = version;
      this.#isUnsaved = mustBeWrittenBack(pulledAt, now);
    });
  }

  /** The stored snapshot, checked. Of one that is damaged or was cleared the moment of its pull is kept, where it can be read. */
  async #read(): Promise<Snapshot | undefined> {
    const read = await this.#options.store.readBlob('decisions', async (blob) => {
      if (isCleared(blob)) return { pulledAt: pulledAtOf(blob.head) };
      const snapshot = fromBlob(blob);
      await checkIndex(snapshot.index, new EventLoopYielder());
      return snapshot;
    });
    if (read.state === 'present' && 'index' in read.value) return read.value;
    if (read.state === 'damaged') this.#lostPulledAt = pulledAtOf(read.head);
    if (read.state === 'present') this.#lostPulledAt = read.value.pulledAt;
    return undefined;
  }

  /** Puts to use what a source of the network answered, or a part of that; {@link save} stores it for all. */
  adopt(source: DecisionSource, result: PullResult, pulledAt: number | undefined): Promise<DecisionChanges> {
    return this.#alone(async () => {
      const { clock, sources } = this.#options;
      // A source that is in no options any more leaves nothing behind.
      const gone = feedsIn(this.#index).filter((feed) => !sources.some((each) => ownsFeed(each, feed)));
      const replaced = new Set([...result.delta.replaced, ...gone]);
      const changed = await this.#index.applyCounted({ ...result.delta, replaced }, { now: clock.now() });
      const others = sources.filter((each) => each !== source);
      const kept = Object.entries(this.sourceState).filter(([feed]) => others.some((each) => ownsFeed(each, feed)));
      this.#network = { pulledAt, sourceState: { ...Object.fromEntries(kept), ...result.state } };
      this.#isUnsaved = true;
      this.#use(changed.index);
      return { new: changed.added, deleted: changed.deleted };
    });
  }

  /** Stores what is not stored yet, with the moment of its pull, in one write. */
  save(lease: Lease): Promise<void> {
    return this.#alone(async () => {
      if (this.#isUnsaved) await this.#store(lease);
    });
  }

  /** Puts to use what a source of this process alone answered. */
  update(delta: DecisionDelta): Promise<DecisionChanges> {
    return this.#alone(async () => {
      const { index, added, deleted } = await this.#index.applyCounted(delta, { now: this.#options.clock.now() });
      this.#use(index);
      return { new: added, deleted };
    });
  }

  /** Stores again what is held of the network: the store was emptied, or what it holds is damaged. */
  putBack(lease: Lease): Promise<void> {
    return this.#alone(async () => {
      if ((await this.#options.store.blobVersion('decisions')) === undefined) await this.#store(lease);
    });
  }

  async #store(lease: Lease): Promise<void> {
    const { store, clock } = this.#options;
    if (this.#network === undefined) return;
    const own = this.#localFeeds(this.#index);
    const rest = own.length === 0 ? this.#index : await this.#index.apply(deletionOfFeeds(own), { now: clock.now() });
    await lease.putBlob('decisions', toBlob({ index: rest, ...this.#network }));
    this.#isUnsaved = false;
    // Without it the snapshot is loaded once more, which changes nothing.
    this.#version = await store.blobVersion('decisions').catch(() => undefined);
  }

  #localFeeds(index: DecisionIndex): readonly string[] {
    const local = this.#options.sources.filter(isLocal);
    return local.length === 0 ? [] : feedsIn(index).filter((feed) => local.some((source) => ownsFeed(source, feed)));
  }

  #use(index: DecisionIndex): void {
    this.#index = index;
    this.#options.engine.swap(index, { partial: this.#options.expectsNetwork && this.pulledAt === undefined });
  }

  #alone<T>(change: () => Promise<T>): Promise<T> {
    const turn = this.#turn.then(change);
    this.#turn = turn.catch(() => undefined);
    return turn;
  }
}
