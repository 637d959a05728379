import * as z from 'zod';
import { notInFuture, type Clock } from '../clock.js';
import { messageOf } from '../errors.js';
import type { Logger } from '../logger.js';
import type { Scheduler } from '../scheduler.js';
import type { Store } from '../store/store.js';
import { storedMomentSchema } from '../stored-moment.js';
import type { CapiClient } from './client.js';
import type { Metrics } from './wire.js';

/** As often as official engines send theirs. */
const INTERVAL_MS = 30 * 60_000;
/** After a login they are sent at once, unless they were sent just before. */
const AFTER_LOGIN_MS = 60_000;
/** Outlives a call and its repetitions by far. */
const LEASE_MS = 60_000;

const recordSchema = z.object({ at: storedMomentSchema });

export interface SoftwareMetricsOptions {
  readonly client: Pick<CapiClient, 'pushMetrics'>;
  readonly store: Pick<Store, 'lease' | 'read'>;
  readonly clock: Clock;
  readonly scheduler: Scheduler;
  readonly logger: Logger;
  readonly metrics: () => Metrics;
}

/**
 * Tells CAPI which software is at work here: after a login and every 30 minutes, one process for all of an installation. Before the first
 * login nothing is told, so that these calls neither register nor are the first to log in.
 */
export class SoftwareMetrics {
  readonly #options: SoftwareMetricsOptions;
  #dueAt = Infinity;
  /** How long ago they must have been told last, in ms. */
  #gapMs = INTERVAL_MS;
  #job: Disposable | undefined;
  #flight: Promise<void> | undefined;
  #isStopped = false;

  constructor(options: SoftwareMetricsOptions) {
    this.#options = options;
  }

  start(): void {
    if (this.#job === undefined && !this.#isStopped) this.#plan(INTERVAL_MS);
  }

  /** A login has succeeded. */
  loggedIn(): void {
    if (this.#isStopped || this.#job === undefined) return;
    // Not within the login, which all calls wait for.
    this.#plan(0, AFTER_LOGIN_MS);
  }

  /** For hosts whose timers do not run between calls. */
  async pushIfDue(): Promise<void> {
    if (this.#options.clock.monotonic() >= this.#dueAt) await this.#run();
  }

  /** Ends the job, and waits for the call that is on its way. Never rejects. */
  async stop(): Promise<void> {
    this.#isStopped = true;
    this.#job?.[Symbol.dispose]();
    await this.#flight;
  }

  #plan(delayMs: number, gapMs = INTERVAL_MS): void {
    const { clock, scheduler } = this.#options;
    this.#dueAt = clock.monotonic() + delayMs;
    this.#gapMs = gapMs;
    this.#job?.[Symbol.dispose]();
    this.#job = scheduler.schedule('crowdsec:metrics', delayMs, () => this.#run());
  }

  #run(): Promise<void> {
    const { logger } = this.#options;
    this.#flight ??= this.#push(this.#gapMs)
      .catch((error: unknown) => {
        logger.debug(`Metrics are told to CAPI later: ${messageOf(error)}`, { code: 'SOFTWARE_METRICS_LATER', error });
        return INTERVAL_MS;
      })
      .then((waitMs) => {
        if (!this.#isStopped) this.#plan(waitMs);
      })
      .finally(() => {
        this.#flight = undefined;
      });
    return this.#flight;
  }

  /** Resolves how long to wait until the next try, in ms. */
  async #push(gapMs: number): Promise<number> {
    const { client, store, clock, metrics } = this.#options;
    const lease = await store.lease('metrics', LEASE_MS);
    if (lease === undefined) return INTERVAL_MS;
    try {
      const stored = await store.read('metrics', (value) => recordSchema.parse(value));
      const isFirst = stored.state !== 'present';
      if (isFirst && gapMs === INTERVAL_MS) return INTERVAL_MS;
      const now = clock.now();
      const passedMs = isFirst ? Infinity : now - notInFuture(stored.value.at, now);
      if (passedMs < gapMs) return INTERVAL_MS - passedMs;
      await lease.put('metrics', { at: now });
      await client.pushMetrics(metrics());
      return INTERVAL_MS;
    } finally {
      await lease.release().catch(() => undefined);
    }
  }
}
