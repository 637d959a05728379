import { notInFuture, type Clock } from '../clock.js';
import type { DecisionDelta } from '../decisions/decision-delta.js';
import { DecisionIndex } from '../decisions/decision-index.js';
import type { RemediationEngine } from '../remediation/remediation-engine.js';
import type { DecisionSource, PullResult, SourceState } from '../sources/decision-source.js';
import type { Lease, Store } from '../store/store.js';
import { carrying, dropping, feedsIn } from './carried-rows.js';
import { fromBlob, toBlob, type Snapshot } from './snapshot.js';
import { isLocal, ownsFeed } from './source-feeds.js';

export interface HeldDecisionsOptions {
  readonly store: Store;
  readonly engine: RemediationEngine;
  readonly clock: Clock;
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
  #turn: Promise<unknown> = Promise.resolve();

  constructor(options: HeldDecisionsOptions) {
    this.#options = options;
  }

  get index(): DecisionIndex {
    return this.#index;
  }

  /** When CAPI was pulled for what is held, in ms since the epoch. */
  get pulledAt(): number | undefined {
    return this.#network?.pulledAt;
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

  /** Puts to use the snapshot of this version, unless it is held already. */
  load(version: string | undefined): Promise<void> {
    return this.#alone(async () => {
      const { store, clock } = this.#options;
      if (version === undefined || version === this.#version) return;
      const blob = await store.getBlob('decisions');
      if (blob === undefined) return;
      const { index, pulledAt, sourceState } = fromBlob(blob);
      const own = this.#localFeeds(this.#index);
      const now = clock.now();
      const next = own.length === 0 ? index : await index.apply(await carrying(this.#index, own), { now });
      this.#network = { pulledAt: pulledAt === undefined ? undefined : notInFuture(pulledAt, now), sourceState };
      this.#use(next);
      this.#version = version;
    });
  }

  /** Takes over what a source of the network answered: stores it for all, then puts it to use. */
  adopt(lease: Lease, source: DecisionSource, result: PullResult, pulledAt: number | undefined): Promise<void> {
    return this.#alone(async () => {
      const { clock, store, sources } = this.#options;
      // A source that is in no options any more leaves nothing behind.
      const gone = feedsIn(this.#index).filter((feed) => !sources.some((each) => ownsFeed(each, feed)));
      const replaced = new Set([...result.delta.replaced, ...gone]);
      const index = await this.#index.apply({ ...result.delta, replaced }, { now: clock.now() });
      const others = sources.filter((each) => each !== source);
      const kept = Object.entries(this.sourceState).filter(([feed]) => others.some((each) => ownsFeed(each, feed)));
      const network = { pulledAt, sourceState: { ...Object.fromEntries(kept), ...result.state } };
      await this.#store(lease, index, network);
      this.#version = await store.blobVersion('decisions');
      this.#network = network;
      this.#use(index);
    });
  }

  /** Puts to use what a source of this process alone answered. */
  update(delta: DecisionDelta): Promise<void> {
    return this.#alone(async () => this.#use(await this.#index.apply(delta, { now: this.#options.clock.now() })));
  }

  /** Stores again what is held of the network: the store was emptied. */
  putBack(lease: Lease): Promise<void> {
    return this.#alone(async () => {
      const { store } = this.#options;
      if (this.#network === undefined || (await store.blobVersion('decisions')) !== undefined) return;
      await this.#store(lease, this.#index, this.#network);
      this.#version = await store.blobVersion('decisions');
    });
  }

  async #store(lease: Lease, index: DecisionIndex, network: Omit<Snapshot, 'index'>): Promise<void> {
    const own = this.#localFeeds(index);
    const rest = own.length === 0 ? index : await index.apply(dropping(own), { now: this.#options.clock.now() });
    await lease.putBlob('decisions', toBlob({ index: rest, ...network }));
  }

  #localFeeds(index: DecisionIndex): readonly string[] {
    const local = this.#options.sources.filter(isLocal);
    return local.length === 0 ? [] : feedsIn(index).filter((feed) => local.some((source) => ownsFeed(source, feed)));
  }

  #use(index: DecisionIndex): void {
    this.#index = index;
    this.#options.engine.swap(index, { partial: this.pulledAt === undefined });
  }

  #alone<T>(change: () => Promise<T>): Promise<T> {
    const turn = this.#turn.then(change);
    this.#turn = turn.catch(() => undefined);
    return turn;
  }
}
