import type { Clock } from '../clock.js';
import type { DecisionDelta } from '../decisions/decision-delta.js';
import { asError, messageOf } from '../errors.js';
import type { Logger } from '../logger.js';
import type { Scheduler } from '../scheduler.js';
import type { DecisionSource, ListReport, PullContext, PullResult, SourceState } from '../sources/decision-source.js';
import { unmeasuredPull, type MeasurePull } from '../measure-pull.js';
import { logList } from '../sources/log-list.js';
import { askSource } from './ask-source.js';
import { feedsIn } from './feed-deltas.js';
import type { HeldDecisions } from './held-decisions.js';
import type { DecisionChanges, RefreshListener } from './refresh-result.js';
import { ownsFeed } from './source-feeds.js';

export interface ContributedSourcesOptions {
  readonly held: HeldDecisions;
  readonly clock: Clock;
  readonly scheduler: Scheduler;
  readonly logger: Logger;
  readonly fetch: typeof globalThis.fetch;
  readonly listener: RefreshListener;
  readonly measurePull?: MeasurePull | undefined;
  /** Aborted when the agent stops. */
  readonly signal: AbortSignal;
}

/** Asks the sources beside CAPI, each for itself, and keeps what became of each. */
export class ContributedSources {
  readonly #options: ContributedSourcesOptions;
  readonly #reports = new Map<DecisionSource, readonly ListReport[]>();
  readonly #failing = new Set<DecisionSource>();
  /** What was last said of each source: the same is not said again. */
  readonly #lastLogged = new Map<DecisionSource, string>();

  constructor(options: ContributedSourcesOptions) {
    this.#options = options;
  }

  /** What became of their lists, the last time. */
  get reports(): readonly ListReport[] {
    return [...this.#reports.values()].flat();
  }

  /** Whether it failed as a whole when it was last asked. */
  isFailing(source: DecisionSource): boolean {
    return this.#failing.has(source);
  }

  /**
   * Asks a source and hands on its answer. A source that fails leaves what is held of it alone. Never rejects.
   *
   * @param ask.state what it must remember; `undefined` when it has not answered yet
   * @param ask.nextInMs when it is asked next
   */
  async ask(
    source: DecisionSource,
    ask: {
      readonly state: SourceState | undefined;
      readonly nextInMs: number;
      readonly adopt: (answer: PullResult) => Promise<DecisionChanges>;
    },
  ): Promise<void> {
    const { scheduler, listener, clock, signal, measurePull = unmeasuredPull } = this.#options;
    try {
      const answer = await measurePull(source.name, () => askSource(source, this.#context(ask), scheduler));
      if (signal.aborted) return;
      const changes = await ask.adopt(answer);
      this.#failing.delete(source);
      this.#report(source, answer.lists);
      const { delta, lists } = answer;
      if (isEmpty(delta)) return;
      listener.refreshed({ status: 'refreshed', network: 'extension', ...changes, skipped: delta.skipped, lists });
    } catch (error) {
      if (signal.aborted) return;
      this.#failing.add(source);
      const message = messageOf(error);
      this.#report(source, [this.#failed(source, message)]);
      const nextAt = clock.now() + ask.nextInMs;
      listener.failed({ network: 'extension', error: asError(error), nextAt });
    }
  }

  #context({ state, nextInMs }: { state: SourceState | undefined; nextInMs: number }): PullContext {
    const { held, clock, logger, fetch, signal } = this.#options;
    const startup = state === undefined;
    const about = { startup, index: held.index, state: state ?? {}, nextRefreshInMs: nextInMs };
    return { ...about, clock, logger, fetch, signal };
  }

  #failed(source: DecisionSource, error: string): ListReport {
    const { index } = this.#options.held;
    const feeds = feedsIn(index).filter((feed) => ownsFeed(source, feed));
    const entries = feeds.reduce((sum, feed) => sum + index.countOf(feed), 0);
    const kind = this.#reports.get(source)?.[0]?.kind ?? 'blocklist';
    return { name: source.name, kind, status: 'failed', entries, skipped: {}, error };
  }

  #report(source: DecisionSource, lists: readonly ListReport[]): void {
    const before = this.#reports.get(source) ?? [];
    const reports = lists.map((list) =>
      list.status === 'unchanged' ? { ...list, skipped: skippedOf(list, before) } : list,
    );
    this.#reports.set(source, reports);
    const news = JSON.stringify(reports.map(({ name, error, skipped }) => [name, error, skipped]));
    if (this.#lastLogged.get(source) !== news) for (const list of reports) logList(list, this.#options.logger);
    this.#lastLogged.set(source, news);
  }
}

/** Whether there is nothing in it that would change what is held. */
export function isEmpty({ rows, replaced }: DecisionDelta): boolean {
  return rows.size === 0 && replaced.size === 0;
}

/** What was left out when the text that is held was read. */
function skippedOf({ name, kind }: ListReport, before: readonly ListReport[]): ListReport['skipped'] {
  return before.find((list) => list.name === name && list.kind === kind)?.skipped ?? {};
}
