import type { Clock } from '../clock.js';
import type { DecisionDelta } from '../decisions/decision-delta.js';
import type { Logger } from '../logger.js';
import type {
  DecisionSource,
  ListReport,
  ListState,
  PullContext,
  PullResult,
  SourceState,
} from '../sources/decision-source.js';
import { feedsIn } from './feed-deltas.js';
import type { ContributedSources } from './contributed-sources.js';
import type { HeldDecisions } from './held-decisions.js';
import { NO_CHANGES, type DecisionChanges } from './refresh-result.js';
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

/** What an answer of CAPI came to. */
export type AdoptedAnswer = DecisionChanges &
  Pick<PullResult, 'lists'> & { readonly skipped: DecisionDelta['skipped'] };

/** Stores what is held; never rejects. */
export type Save = () => Promise<void>;

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

  /** The linked lists that have to be asked for again, or are being asked for. */
  get failedLists(): readonly ListState[] {
    return Object.values(this.#stateOf(this.#options.capi)).filter(({ failed }) => failed);
  }

  /** Whether there is anything to ask for again: a list of CAPI's, or another source. */
  get hasFailed(): boolean {
    return this.failedLists.length > 0 || this.#failingContributed.length > 0;
  }

  /**
   * Pulls CAPI's decisions with its lists. What the stream brings is put to use and saved as soon as it is there; the
   * lists follow as they come, and are saved together.
   *
   * @param pull.now when the pull began, in ms since the epoch
   * @param pull.beforeCall makes sure, as the last step before the stream is asked for, that no other process does
   * @param pull.answered called once the stream has answered and is in use, before it is saved
   */
  async pullCapi(pull: {
    readonly startup: boolean;
    readonly now: number;
    readonly beforeCall: () => Promise<void>;
    readonly answered: () => void;
    readonly save: Save;
  }): Promise<AdoptedAnswer> {
    const { capi } = this.#options;
    const before = this.#lists;
    let isFirst = true;
    const { startup, beforeCall } = pull;
    return this.#adoptParts((deliver) => capi.pull(this.#context({ startup, beforeCall, deliver })), {
      pulledAt: pull.now,
      adopted: async ({ lists }, isLast) => {
        const isSettled = ({ kind, name }: ListReport): boolean =>
          lists.some((list) => list.kind === kind && list.name === name);
        this.#lists = isLast ? lists : [...lists, ...before.filter((list) => !isSettled(list))];
        if (isFirst) pull.answered();
        if (isFirst || isLast) await pull.save();
        isFirst = false;
      },
    });
  }

  /** Asks the others, side by side. Never rejects: one that fails leaves what is held of it alone. */
  async pullContributed(save: Save, others = this.#options.others): Promise<void> {
    const { contributed, held, intervalMs } = this.#options;
    await Promise.all(
      others.map((source) =>
        contributed.ask(source, {
          state: this.#isNew(source) ? undefined : this.#stateOf(source),
          nextInMs: intervalMs,
          adopt: async (answer) => {
            const changes = await held.adopt(source, answer, held.pulledAt);
            await save();
            return changes;
          },
        }),
      ),
    );
  }

  /**
   * Asks again for what has failed. The budget of CAPI's stream is not touched.
   *
   * @returns what CAPI's lists brought; `undefined` when none of them had to be asked for
   */
  async retry(save: Save): Promise<AdoptedAnswer | undefined> {
    const { capi, held } = this.#options;
    await this.pullContributed(save, this.#failingContributed);
    const retryLists = capi.retryLists?.bind(capi);
    if (!held.isLoaded || retryLists === undefined || this.failedLists.length === 0) return undefined;
    const before = this.#lists;
    return this.#adoptParts((deliver) => retryLists(this.#context({ startup: false, deliver })), {
      pulledAt: held.pulledAt,
      adopted: async ({ lists }, isLast) => {
        const isAskedAgain = (list: ListReport): boolean =>
          lists.some(({ kind, name }) => kind === list.kind && name === list.name);
        this.#lists = [...before.filter((list) => !isAskedAgain(list)), ...lists];
        if (isLast) await save();
      },
    });
  }

  /** Puts to use each part of an answer of CAPI as it comes; what all of them changed. */
  async #adoptParts(
    ask: (deliver: NonNullable<PullContext['deliver']>) => Promise<PullResult>,
    {
      pulledAt,
      adopted,
    }: {
      readonly pulledAt: number | undefined;
      readonly adopted: (part: PullResult, isLast: boolean) => Promise<void>;
    },
  ): Promise<AdoptedAnswer> {
    const { capi, held } = this.#options;
    let changes = NO_CHANGES;
    const skipped: Record<string, number> = {};
    const adopt = async (part: PullResult, isLast: boolean): Promise<void> => {
      const changed = await held.adopt(capi, part, pulledAt);
      changes = { new: changes.new + changed.new, deleted: changes.deleted + changed.deleted };
      for (const [why, count] of Object.entries(part.delta.skipped)) skipped[why] = (skipped[why] ?? 0) + count;
      await adopted(part, isLast);
    };
    const last = await ask((part) => adopt(part, false));
    await adopt(last, true);
    return { ...changes, skipped, lists: last.lists };
  }

  get #failingContributed(): readonly DecisionSource[] {
    const { others, contributed } = this.#options;
    return others.filter((source) => contributed.isFailing(source));
  }

  #context(about: Pick<PullContext, 'startup' | 'beforeCall' | 'deliver'>): PullContext {
    const { capi, held, intervalMs, clock, logger, fetch, signal } = this.#options;
    const state = this.#stateOf(capi);
    return { ...about, index: held.index, state, nextRefreshInMs: intervalMs, clock, logger, fetch, signal };
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
