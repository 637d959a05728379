import type { Clock } from '../clock.js';
import { compareIndexes } from '../decisions/compare-indexes.js';
import type { DecisionDelta } from '../decisions/decision-delta.js';
import { DecisionIndex } from '../decisions/decision-index.js';
import { EventLoopYielder } from '../decisions/event-loop-yielder.js';
import { LayeredIndex, type LayerChanges } from '../decisions/layered-index.js';
import { messageOf } from '../errors.js';
import type { Logger } from '../logger.js';
import type { RemediationEngine } from '../remediation/remediation-engine.js';
import type { Lease } from '../store/store.js';
import type { DecisionLog } from './decision-log.js';
import { LEASE_TTL_MS } from './leadership.js';

export interface HeldLapiDecisionsOptions {
  readonly engine: Pick<RemediationEngine, 'swapLayer'>;
  readonly log: DecisionLog;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** So long all decisions may take to be written, in ms. */
const WRITE_TTL_MS = 20_000;
/** A delta with more rows than this is stored by writing all anew. */
const MAX_SEGMENT_ROWS = 20_000;

/**
 * The decisions of LAPI that this process holds, and their way to the store and from it. One change at a time: rows of the base change in
 * their places, so that nothing else may read them for the store meanwhile.
 */
export class HeldLapiDecisions {
  readonly #options: HeldLapiDecisionsOptions;
  #index = LayeredIndex.empty;
  #isLoaded = false;
  /** What the store has is behind what is held, and only a new base brings it up. */
  #isUnsaved = false;
  #saveFailed = false;
  #turn: Promise<unknown> = Promise.resolve();

  constructor(options: HeldLapiDecisionsOptions) {
    this.#options = options;
  }

  get index(): LayeredIndex {
    return this.#index;
  }

  /** Whether decisions were ever loaded, be they none. */
  get isLoaded(): boolean {
    return this.#isLoaded;
  }

  /** How many rows are held, by a count that does not go through them. */
  get size(): number {
    return this.#index.size;
  }

  /** Takes over what another process has stored. @throws CrowdsecError `CROWDSEC_STORE_UNAVAILABLE` */
  load(): Promise<void> {
    return this.#alone(async () => {
      const changes = await this.#options.log.read();
      if (changes === undefined) return;
      const now = this.#options.clock.now();
      if (changes.base !== undefined) {
        // Aside: what is held stays in use until all of it is there.
        let next = new LayeredIndex(changes.base);
        for (const delta of changes.deltas) await next.apply(delta, { now, use: (index) => (next = index) });
        this.#use(next);
      } else {
        for (const delta of changes.deltas) await this.#index.apply(delta, { now, use: (index) => this.#use(index) });
      }
      await this.#mergeIfDue();
      this.#isUnsaved = false;
    });
  }

  /** Puts a full answer in the place of all that is held, and stores it. */
  replace(delta: DecisionDelta, lease: Lease): Promise<LayerChanges> {
    return this.#alone(async () => {
      const now = this.#options.clock.now();
      const before = this.#index.isMerged ? this.#index : await this.#index.merged({ now });
      const index = await DecisionIndex.empty.apply(delta, { now });
      const changes = await compareIndexes(before.base, index, { now, yielder: new EventLoopYielder() });
      this.#use(new LayeredIndex(index));
      this.#isUnsaved = true;
      await this.#save(lease);
      return changes;
    });
  }

  /** Applies what has changed, and stores it. */
  apply(delta: DecisionDelta, lease: Lease): Promise<LayerChanges> {
    return this.#alone(async () => {
      const { clock, log } = this.#options;
      if (!this.#isLoaded) this.#use(this.#index);
      if (delta.rows.size === 0) {
        await this.#save(lease);
        return { added: 0, deleted: 0 };
      }
      const changes = await this.#index.apply(delta, { now: clock.now(), use: (index) => this.#use(index) });
      const mayAppend = !this.#isUnsaved && log.isOfUse && delta.rows.size <= MAX_SEGMENT_ROWS;
      const canAppend = mayAppend && (await log.isIntact().catch(() => false));
      this.#isUnsaved = !(canAppend && (await this.#written(() => log.append(lease, delta))));
      if (await this.#mergeIfDue()) this.#isUnsaved = true;
      await this.#save(lease);
      return changes;
    });
  }

  /** Stores all again when the store has lost it, or what is held was not stored yet. Never rejects. */
  keepStored(lease: Lease): Promise<void> {
    return this.#alone(async () => {
      const { log } = this.#options;
      if (!this.#isLoaded || !log.isOfUse) return;
      if (!this.#isUnsaved && !(await log.isIntact().catch(() => true))) this.#isUnsaved = true;
      await this.#save(lease);
    });
  }

  async #mergeIfDue(): Promise<boolean> {
    if (!this.#index.isDueToMerge) return false;
    this.#use(await this.#index.merged({ now: this.#options.clock.now() }));
    return true;
  }

  async #save(lease: Lease): Promise<void> {
    const { clock, log } = this.#options;
    if (!this.#isUnsaved || !log.isOfUse) return;
    // A stored base has no deleted rows, and nothing beside it.
    if (!this.#index.isMerged) this.#use(await this.#index.merged({ now: clock.now() }));
    this.#isUnsaved = !(await this.#written(async () => {
      // A store in files prolongs no lease while it writes.
      await lease.renew(WRITE_TTL_MS);
      await log.writeBase(lease, this.#index.base);
      await lease.renew(LEASE_TTL_MS);
    }));
  }

  /** Whether the store took it. A failure is said once, and made up for by the next base. */
  async #written(write: () => Promise<void>): Promise<boolean> {
    try {
      await write();
      this.#saveFailed = false;
      return true;
    } catch (error) {
      if (!this.#saveFailed)
        this.#options.logger.warn(`New decisions of LAPI are in use and could not be stored yet: ${messageOf(error)}`, {
          code: 'DECISIONS_NOT_STORED',
          error,
        });
      this.#saveFailed = true;
      return false;
    }
  }

  #use(index: LayeredIndex): void {
    this.#index = index;
    this.#isLoaded = true;
    this.#options.engine.swapLayer(index);
  }

  #alone<T>(change: () => Promise<T>): Promise<T> {
    const turn = this.#turn.then(change);
    this.#turn = turn.catch(() => undefined);
    return turn;
  }
}
