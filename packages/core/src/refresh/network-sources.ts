import type { Clock } from '../clock.js';
import type { Logger } from '../logger.js';
import type { DecisionSource, ListReport, PullContext, PullResult, SourceState } from '../sources/decision-source.js';
import type { Lease } from '../store/store.js';
import { feedsIn } from './carried-rows.js';
import type { ContributedSources } from './contributed-sources.js';
import type { HeldDecisions } from './held-decisions.js';
import { ownsFeed } from './source-feeds.js';

export interface NetworkSourcesOptions {
  readonly capi: DecisionSource;
  /** The others of the network. */
  readonly others: readonly DecisionSource[];
  readonly contributed: ContributedSources;
  readonly held: HeldDecisions;
  readonly intervalMs: number;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly fetch: typeof globalThis.fetch;
  /** Aborted when the agent stops. */
  readonly signal: AbortSignal;
}

/** The sources that one process asks for all: what they answer is stored. When they are asked, others decide. */
export class NetworkSources {
  readonly #options: NetworkSourcesOptions;
  #lists: readonly ListReport[] = [];

  constructor(options: NetworkSourcesOptions) {
    this.#options = options;
  }

  /** What became of each list of CAPI's when this process last asked for it. */
  get lists(): readonly ListReport[] {
    return this.#lists;
  }

  /** Whether there is anything to ask for again: a list of CAPI's, or another source. */
  get hasFailed(): boolean {
    return this.#hasFailedLists || this.#failingOthers.length > 0;
  }

  /** Pulls CAPI's decisions with its lists, and stores them as of `now`. */
  async pullCapi(lease: Lease, { startup, now }: { startup: boolean; now: number }): Promise<PullResult> {
    const { capi, held } = this.#options;
    const answer = await capi.pull(this.#context({ startup }));
    await held.adopt(lease, capi, answer, now);
    this.#lists = answer.lists;
    return answer;
  }

  /** Asks the others, one after the other. Never rejects: one that fails leaves what is held of it alone. */
  async askOthers(lease: Lease, others = this.#options.others): Promise<void> {
    const { contributed, held, intervalMs, signal } = this.#options;
    for (const source of others) {
      if (signal.aborted) return;
      await contributed.ask(source, {
        state: this.#isNew(source) ? undefined : this.#stateOf(source),
        nextInMs: intervalMs,
        adopt: (answer) => held.adopt(lease, source, answer, held.pulledAt),
      });
    }
  }

  /**
   * Asks again for what has failed. The budget of CAPI's stream is not touched.
   *
   * @returns what CAPI's lists brought; `undefined` when none of them had to be asked for
   */
  async retry(lease: Lease): Promise<PullResult | undefined> {
    const { capi, held } = this.#options;
    await this.askOthers(lease, this.#failingOthers);
    if (!held.isLoaded || capi.retryLists === undefined || !this.#hasFailedLists) return undefined;
    const answer = await capi.retryLists(this.#context({ startup: false }));
    await held.adopt(lease, capi, answer, held.pulledAt);
    const isAskedAgain = (list: ListReport): boolean =>
      answer.lists.some(({ kind, name }) => kind === list.kind && name === list.name);
    this.#lists = [...this.#lists.filter((list) => !isAskedAgain(list)), ...answer.lists];
    return answer;
  }

  get #hasFailedLists(): boolean {
    return Object.values(this.#stateOf(this.#options.capi)).some(({ failed }) => failed);
  }

  get #failingOthers(): readonly DecisionSource[] {
    const { others, contributed } = this.#options;
    return others.filter((source) => contributed.isFailing(source));
  }

  #context({ startup }: { startup: boolean }): PullContext {
    const { capi, held, intervalMs, clock, logger, fetch, signal } = this.#options;
    const state = this.#stateOf(capi);
    return { startup, index: held.index, state, nextRefreshInMs: intervalMs, clock, logger, fetch, signal };
  }

  #stateOf(source: DecisionSource): SourceState {
    const { sourceState } = this.#options.held;
    return Object.fromEntries(Object.entries(sourceState).filter(([feed]) => ownsFeed(source, feed)));
  }

  /** Nothing is held of it. */
  #isNew(source: DecisionSource): boolean {
    const { index, sourceState } = this.#options.held;
    return ![...feedsIn(index), ...Object.keys(sourceState)].some((feed) => ownsFeed(source, feed));
  }
}
