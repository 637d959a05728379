import { systemClock, type Clock } from '../clock.js';
import { messageOf } from '../errors.js';
import { timerScheduler, type Scheduler } from '../scheduler.js';
import type { Faults } from './faults.js';

/** In place of a delay that is not a number, in ms. */
const DEFAULT_DELAY_MS = 1_000;
/** A job that runs this much before its time, in ms and as a share of its delay, ran early. */
const EARLY_MS = 50;
const EARLY_SHARE = 0.5;
/** A scheduler that runs one job early so often within a second of the machine does not wait at all. */
const EARLY_RUN_THRESHOLD = 300;

/**
 * A scheduler of the application as the agent uses it. Where it throws, or runs jobs without waiting, timers of Node take its place; a job
 * runs once at most, and not after it was cancelled.
 */
export class ContainedScheduler implements Scheduler {
  readonly #scheduler: Scheduler;
  readonly #clock: Clock;
  readonly #faults: Faults;
  readonly #early = new Map<string, { count: number; since: number }>();
  #doesNotWait = false;

  constructor(scheduler: Scheduler, clock: Clock, faults: Faults) {
    this.#scheduler = scheduler;
    this.#clock = clock;
    this.#faults = faults;
  }

  schedule(name: string, delayMs: number, run: () => void | Promise<void>): Disposable {
    const delay = Number.isNaN(delayMs) ? DEFAULT_DELAY_MS : Math.max(0, delayMs);
    const job = new Job(run);
    if (this.#doesNotWait) return job.withHandle(timerScheduler.schedule(name, delay, () => job.run()));
    const startedAt = this.#clock.monotonic();
    // Whatever a scheduler that failed still holds of the job runs no more.
    const attempt = { isTaken: false, ranAtOnce: false };
    try {
      const handle: unknown = this.#scheduler.schedule(name, delay, () => {
        if (!attempt.isTaken) {
          attempt.ranAtOnce = true;
          return undefined;
        }
        this.#noteEarly(name, delay, this.#clock.monotonic() - startedAt);
        return job.run();
      });
      attempt.isTaken = !attempt.ranAtOnce;
      if (attempt.isTaken) return job.withHandle(handle);
      this.#failed('it ran a job while it was asked to schedule it');
    } catch (error) {
      this.#failed(messageOf(error));
    }
    return job.withHandle(timerScheduler.schedule(name, delay, () => job.run()));
  }

  #noteEarly(name: string, delay: number, elapsed: number): void {
    if (elapsed > delay * EARLY_SHARE || elapsed > delay - EARLY_MS) return;
    const now = systemClock.monotonic();
    const early = this.#early.get(name);
    if (early === undefined || now - early.since > 1_000) {
      this.#early.set(name, { count: 1, since: now });
      return;
    }
    early.count++;
    if (early.count < EARLY_RUN_THRESHOLD) return;
    this.#doesNotWait = true;
    this.#failed('it runs jobs long before their time');
  }

  #failed(what: string): void {
    this.#faults.note(
      'SCHEDULER_FAILED',
      `The scheduler does not do what it should (${what}); timers of Node take its place.`,
    );
  }
}

class Job implements Disposable {
  #run: (() => void | Promise<void>) | undefined;
  #handle: unknown;

  constructor(run: () => void | Promise<void>) {
    this.#run = run;
  }

  withHandle(handle: unknown): this {
    this.#handle = handle;
    return this;
  }

  run(): void | Promise<void> {
    const run = this.#run;
    this.#run = undefined;
    return run?.();
  }

  [Symbol.dispose](): void {
    this.#run = undefined;
    try {
      (this.#handle as Partial<Disposable> | undefined)?.[Symbol.dispose]?.();
    } catch {
      // It runs no more in any case.
    }
  }
}
