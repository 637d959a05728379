import type { Clock } from '../clock.js';
import { messageOf } from '../errors.js';
import type { Logger } from '../logger.js';
import { atMost } from '../deadline.js';
import type { Scheduler } from '../scheduler.js';
import { OutcomeExecutor, type Actions, type ActionResult } from './outcome-executor.js';
import { Breaker } from './breaker.js';
import type { Detector } from './detector.js';
import type { Extension, ExtensionContext } from './extension.js';
import type { ExtensionHealth, ExtensionState } from './extension-health.js';
import { HostedDetector } from './hosted-detector.js';
import { RequestFilter } from './request-filter.js';
import type { Stopwatch } from './stopwatch.js';

const ACTIVATION_DEADLINE_MS = 5_000;
const DISPOSAL_DEADLINE_MS = 2_000;

/** What an extension is run with. */
export interface HostedExtensionOptions {
  readonly extension: Extension;
  readonly actions: Actions;
  readonly clock: Clock;
  readonly scheduler: Scheduler;
  readonly stopwatch: Stopwatch;
  readonly logger: Logger;
  readonly contextOf: (hosted: HostedExtension, signal: AbortSignal) => ExtensionContext;
  /** The state is another. */
  readonly onChange: (hosted: HostedExtension) => void;
  /** Something was found. */
  readonly onActionResult: (hosted: HostedExtension, detector: string, result: ActionResult) => void;
}

/** Filters by the events that their detectors listen to, and their functions. */
type KnownFilters = Map<string, Map<Detector['filter'], RequestFilter>>;

/** One extension from activation to disposal: what it throws ends here, and too much of it switches it off for a while. */
export class HostedExtension {
  readonly extension: Extension;
  readonly detectors: readonly HostedDetector[];
  readonly executor: OutcomeExecutor;
  readonly #options: HostedExtensionOptions;
  readonly #breaker: Breaker;
  #state: ExtensionState = 'idle';
  #failures = 0;
  #reason: string | undefined;
  #retryAt: number | undefined;
  #retryJob: Disposable | undefined;
  #abort = new AbortController();
  #released: Promise<void> | undefined;

  constructor(options: HostedExtensionOptions) {
    this.#options = options;
    const { extension, actions, clock, scheduler, stopwatch } = options;
    this.extension = extension;
    this.#breaker = new Breaker(clock);
    this.executor = new OutcomeExecutor({ scenarios: extension.scenarios ?? [], actions, clock });
    const filters: KnownFilters = new Map();
    this.detectors = (extension.detectors ?? []).map(
      (detector) =>
        new HostedDetector({
          detector,
          filter: this.#filterOf(detector, filters),
          executor: this.executor,
          stopwatch,
          scheduler,
          onActionResult: (result) => options.onActionResult(this, detector.name, result),
          onFailure: (error) => this.failed(`detector ${detector.name}`, error),
          isActive: () => this.isActive,
        }),
    );
  }

  /** The filter of a detector: one for all that have the same function and listen to the same events. */
  #filterOf({ name, filter, on, statuses, blocking }: Detector, known: KnownFilters): RequestFilter | undefined {
    if (filter === undefined) return undefined;
    // Blocking ones are asked one by one.
    const events = JSON.stringify([[...on].sort(), statuses, blocking === true && name]);
    const ofEvents = known.get(events) ?? new Map<Detector['filter'], RequestFilter>();
    const made =
      ofEvents.get(filter) ??
      new RequestFilter(filter, this.#options.stopwatch, (error) => this.failed(`detector ${name}`, error));
    known.set(events, ofEvents.set(filter, made));
    return made;
  }

  get name(): string {
    return this.extension.name;
  }

  get state(): ExtensionState {
    return this.#state;
  }

  get isActive(): boolean {
    return this.#state === 'active';
  }

  get health(): ExtensionHealth {
    const { name, scenarios = [], behavior, sources = [], remedies = {} } = this.extension;
    return {
      name,
      state: this.#state,
      ...(this.#reason !== undefined && { reason: this.#reason }),
      ...(this.#retryAt !== undefined && { retryAt: this.#retryAt }),
      failures: this.#failures,
      scenarios,
      ...(behavior !== undefined && { behavior }),
      detectors: this.detectors.map((detector) => detector.health),
      sources: sources.map((source) => source.name),
      remedies: Object.keys(remedies),
    };
  }

  /** Never rejects: what can't be activated is switched off, and tried again later. */
  async activate(): Promise<void> {
    this.#abort = new AbortController();
    const { signal } = this.#abort;
    this.#change('activating');
    try {
      await this.#settle(ACTIVATION_DEADLINE_MS, 'activation', () =>
        this.extension.activate?.(this.#options.contextOf(this, signal)),
      );
      if (!signal.aborted) this.#change('active');
    } catch (error) {
      if (!signal.aborted) this.failed('activation', error, { grave: true });
    }
  }

  /** Waits until its detectors have answered what they were shown: at most 2 s. */
  async answered(): Promise<void> {
    await Promise.all(this.detectors.map((detector) => detector.answered()));
  }

  /** Never rejects. */
  async dispose(): Promise<void> {
    const before = this.#state;
    this.#retryJob?.[Symbol.dispose]();
    this.#retryAt = undefined;
    if (before === 'disposed') return;
    this.#change('disposed');
    if (before === 'active' || before === 'activating') this.#released = this.#release();
    await this.#released;
  }

  /** Brings it back if its time has come: for hosts whose timers do not run between calls. */
  async resumeIfDue(): Promise<void> {
    if (this.#state === 'off' && (this.#retryAt ?? Infinity) <= this.#options.clock.now()) await this.#resume();
  }

  /** A failure of its code, wherever it happened. */
  failed(where: string, error: unknown, { grave = false } = {}): void {
    if (this.#state === 'off' || this.#state === 'disposed') return;
    const { clock, logger, scheduler } = this.#options;
    this.#failures++;
    const reason = `${where}: ${messageOf(error)}`;
    logger.debug(`The extension ${this.name} failed: ${reason}`, {
      code: 'EXTENSION_FAILED',
      extension: this.name,
      error,
    });
    const pauseMs = this.#breaker.failed({ grave });
    if (pauseMs === undefined) return;
    this.#reason = reason;
    this.#retryAt = clock.now() + pauseMs;
    logger.error(`The extension ${this.name} is switched off for ${Math.round(pauseMs / 60_000)} min: ${reason}`, {
      code: 'EXTENSION_OFF',
      extension: this.name,
      pauseMs,
      reason,
    });
    this.#change('off');
    this.#released = this.#release();
    this.#retryJob = scheduler.schedule(`crowdsec:extension:${this.name}`, pauseMs, () => this.#resume());
  }

  async #resume(): Promise<void> {
    this.#retryJob?.[Symbol.dispose]();
    if (this.#state !== 'off') return;
    [this.#reason, this.#retryAt] = [undefined, undefined];
    this.#breaker.resumed();
    await this.activate();
    if (this.isActive)
      this.#options.logger.info(`The extension ${this.name} is back.`, {
        code: 'EXTENSION_BACK',
        extension: this.name,
      });
  }

  async #release(): Promise<void> {
    this.#abort.abort();
    try {
      await this.#settle(DISPOSAL_DEADLINE_MS, 'disposal', () => this.extension.dispose?.());
    } catch (error) {
      this.#options.logger.warn(`The extension ${this.name} could not be disposed: ${messageOf(error)}`, {
        code: 'EXTENSION_DISPOSE_FAILED',
        extension: this.name,
        error,
      });
    }
  }

  async #settle(deadlineMs: number, what: string, run: () => void | Promise<void>): Promise<void> {
    const { scheduler } = this.#options;
    const work = (async () => run())();
    const settled = await atMost(deadlineMs, work, { scheduler, name: `crowdsec:extension:${this.name}` });
    if (!settled) throw new Error(`no end of its ${what} within ${deadlineMs / 1_000} s`);
    await work;
  }

  #change(state: ExtensionState): void {
    this.#state = state;
    this.#options.onChange(this);
  }
}
