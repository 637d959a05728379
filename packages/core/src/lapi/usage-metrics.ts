import type { Clock } from '../clock.js';
import { isCrowdsecError, messageOf } from '../errors.js';
import type { Logger } from '../logger.js';
import type { Scheduler } from '../scheduler.js';
import type { Store } from '../store/store.js';
import type { LapiTransport } from './transport.js';
import {
  copyOf,
  heldItems,
  heldNames,
  NO_USAGE,
  usageBody,
  usageSince,
  type HeldDecisions,
  type UsageComponent,
  type UsageCounts,
} from './usage-report.js';
import { usageTurn } from './usage-turn.js';

const INTERVAL_MS = 15 * 60_000;
/** An engine that takes no metrics is asked again after this time: it may have been upgraded. */
const UNSUPPORTED_MS = 24 * 3_600_000;
const CALL_TIMEOUT_MS = 10_000;

export interface UsageMetricsOptions {
  readonly transport: Pick<LapiTransport, 'send'>;
  readonly store: Pick<Store, 'lease' | 'read'>;
  readonly clock: Clock;
  readonly scheduler: Scheduler;
  readonly logger: Logger;
  readonly component: Omit<UsageComponent, 'startedAt'>;
  /** What became of the requests of this process so far. */
  readonly counts: () => UsageCounts;
  /** What is held now. */
  readonly held: () => HeldDecisions;
}

/**
 * Tells LAPI every 15 minutes, and at the stop, what became of requests since it was last told. What it did not take is told the next time. Each process of an installation tells of its own requests.
 */
export class UsageMetrics {
  readonly #options: UsageMetricsOptions;
  #reported = NO_USAGE;
  #reportedAt = 0;
  #startedAt = 0;
  #isSupported = true;
  #dueAt = Infinity;
  #job: Disposable | undefined;
  #flight: Promise<void> | undefined;
  #isStopped = false;

  constructor(options: UsageMetricsOptions) {
    this.#options = options;
  }

  start(): void {
    if (this.#job !== undefined || this.#isStopped) return;
    this.#startedAt = this.#reportedAt = this.#options.clock.now();
    this.#plan(INTERVAL_MS);
  }

  /** Tells of what is left; what does not get through is lost. Never rejects. */
  async stop(): Promise<void> {
    this.#isStopped = true;
    if (this.#job === undefined) return;
    this.#job[Symbol.dispose]();
    await this.#flight;
    if (this.#isSupported && usageSince(this.#reported, this.#options.counts()).length > 0) await this.#push();
  }

  /** For hosts whose timers do not run between calls. */
  async pushIfDue(): Promise<void> {
    if (this.#options.clock.monotonic() >= this.#dueAt) await this.#run();
  }

  #plan(delayMs: number): void {
    const { clock, scheduler } = this.#options;
    this.#dueAt = clock.monotonic() + delayMs;
    this.#job?.[Symbol.dispose]();
    this.#job = scheduler.schedule('crowdsec:usage-metrics', delayMs, () => this.#run());
  }

  #run(): Promise<void> {
    this.#flight ??= this.#push()
      .then(() => {
        if (!this.#isStopped) this.#plan(this.#isSupported ? INTERVAL_MS : UNSUPPORTED_MS);
      })
      .finally(() => {
        this.#flight = undefined;
      });
    return this.#flight;
  }

  async #push(): Promise<void> {
    const { transport, clock, counts, component } = this.#options;
    const now = copyOf(counts());
    const nowMs = clock.now();
    const held = this.#options.held();
    const { second, reportsHeld, reportedNames } = await usageTurn(heldNames(held), this.#options);
    const items = [...usageSince(this.#reported, now), ...(reportsHeld ? heldItems(held, reportedNames) : [])];
    const windowSeconds = Math.max(1, Math.round((nowMs - this.#reportedAt) / 1000));
    const markReported = (): void => {
      this.#reported = now;
      this.#reportedAt = nowMs;
    };
    try {
      const body = usageBody({ ...component, startedAt: this.#startedAt }, { second, windowSeconds, items });
      await transport.send({ method: 'POST', path: '/v1/usage-metrics', body, timeoutMs: CALL_TIMEOUT_MS });
      this.#isSupported = true;
      markReported();
    } catch (error) {
      this.#notReported(error, markReported);
    }
  }

  /** @param leaveOut takes what was counted for told */
  #notReported(error: unknown, leaveOut: () => void): void {
    const { logger } = this.#options;
    const status = isCrowdsecError(error, 'CROWDSEC_API_STATUS') ? error.status : undefined;
    this.#isSupported = status !== 404 && status !== 405;
    if (!this.#isSupported) {
      logger.debug(`This engine takes no usage metrics, as those before 1.6.3 do not: ${messageOf(error)}`, {
        code: 'USAGE_METRICS_UNSUPPORTED',
        error,
      });
    } else if (status === 400 || status === 422) {
      // The same again would be refused again.
      leaveOut();
      logger.warn(`LAPI refuses usage metrics; what they counted is left out: ${messageOf(error)}`, {
        code: 'USAGE_METRICS_REFUSED',
        error,
      });
    } else logger.debug(`Usage metrics are told later: ${messageOf(error)}`, { code: 'USAGE_METRICS_LATER', error });
  }
}
