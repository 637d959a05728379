import type { Clock } from '../clock.js';
import { atMost } from '../deadline.js';
import type { Scheduler } from '../scheduler.js';
import type { DecisionSource, SourceState } from '../sources/decision-source.js';
import { isEmpty, type ContributedSources } from './contributed-sources.js';
import type { HeldDecisions } from './held-decisions.js';
import { NO_CHANGES } from './refresh-result.js';

/** The start of the agent waits this long for its own sources: an allowlist should hold before the first request. */
const START_MS = 2_000;

export interface LocalSourcesOptions {
  readonly sources: readonly DecisionSource[];
  readonly contributed: ContributedSources;
  readonly held: HeldDecisions;
  readonly clock: Clock;
  readonly scheduler: Scheduler;
}

/** Asks the sources that each process asks itself, at its start and then every `everyMs`: no lease, no budget, no store. */
export class LocalSources {
  readonly #options: LocalSourcesOptions;
  readonly #states = new Map<DecisionSource, SourceState>();
  readonly #jobs = new Map<DecisionSource, { readonly dueAt: number; readonly job: Disposable }>();
  #started: Promise<void> | undefined;
  #stopped = false;

  constructor(options: LocalSourcesOptions) {
    this.#options = options;
  }

  /** Asks all of them, the first time it is called. Resolves when they have answered, or after two seconds. */
  start(): Promise<void> {
    this.#started ??= this.#start();
    return this.#started;
  }

  /** Asks those that are due: for hosts whose timers do not run between calls. */
  async askDue(): Promise<void> {
    const now = this.#options.clock.now();
    const due = [...this.#jobs].filter(([, { dueAt }]) => dueAt <= now);
    await Promise.all(due.map(([source]) => this.#ask(source)));
  }

  stop(): void {
    this.#stopped = true;
    for (const { job } of this.#jobs.values()) job[Symbol.dispose]();
    this.#jobs.clear();
  }

  async #start(): Promise<void> {
    const { sources, scheduler } = this.#options;
    if (sources.length === 0) return;
    const asked = Promise.all(sources.map((source) => this.#ask(source)));
    await atMost(START_MS, asked, { scheduler, name: 'crowdsec:sources-start' });
  }

  async #ask(source: DecisionSource): Promise<void> {
    const { contributed, held, clock, scheduler } = this.#options;
    this.#jobs.get(source)?.job[Symbol.dispose]();
    this.#jobs.delete(source);
    const everyMs = source.everyMs!;
    await contributed.ask(source, {
      state: this.#states.get(source),
      nextInMs: everyMs,
      adopt: async ({ delta, state }) => {
        const changes = isEmpty(delta) ? NO_CHANGES : await held.update(delta);
        this.#states.set(source, state);
        return changes;
      },
    });
    if (this.#stopped) return;
    const job = scheduler.schedule(`crowdsec:source:${source.name}`, everyMs, () => this.#ask(source));
    this.#jobs.set(source, { dueAt: clock.now() + everyMs, job });
  }
}
