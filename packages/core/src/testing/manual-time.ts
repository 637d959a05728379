import type { Clock } from '../clock.js';
import type { Scheduler } from '../scheduler.js';

export interface ManualTime {
  readonly clock: Clock;
  readonly scheduler: Scheduler;
  /** Moves both clocks forward, running what falls due on the way, in order, each job awaited. */
  advance(ms: number, options?: AdvanceOptions): Promise<void>;
  /** Moves the wall clock alone, as NTP or a suspended machine does; the jobs do not notice. */
  jump(ms: number): void;
  /** What is scheduled, next first. */
  pending(): readonly { readonly name: string; readonly inMs: number }[];
}

export interface AdvanceOptions {
  /**
   * Moves in steps of at least so many ms and runs what is due after each, as in a process that seldom gets the processor. A job that
   * repeats more often than that runs once a step: hours of polls every few seconds are not worth the minute that they take.
   */
  readonly strideMs?: number;
}

interface Job {
  readonly name: string;
  readonly dueAt: number;
  readonly run: () => void | Promise<void>;
}

/**
 * A clock and a scheduler that a test moves by hand, so that "two hours later" takes a millisecond.
 *
 * @param startAt wall time to start at, in ms since the epoch
 */
export function manualTime(startAt = Date.UTC(2026, 0, 1)): ManualTime {
  let elapsed = 0;
  let offset = startAt;
  const jobs = new Set<Job>();
  const next = (): Job | undefined => [...jobs].sort((a, b) => a.dueAt - b.dueAt)[0];

  return {
    clock: { now: () => offset + elapsed, monotonic: () => elapsed },
    scheduler: {
      schedule(name, delayMs, run) {
        const job = { name, dueAt: elapsed + Math.max(0, delayMs), run };
        jobs.add(job);
        return { [Symbol.dispose]: () => void jobs.delete(job) };
      },
    },
    async advance(ms, { strideMs = 0 } = {}) {
      const until = elapsed + ms;
      for (let job = next(); job !== undefined && job.dueAt <= until; job = next()) {
        jobs.delete(job);
        if (job.dueAt > elapsed) elapsed = Math.min(until, Math.max(elapsed + strideMs, job.dueAt));
        await job.run();
      }
      elapsed = until;
    },
    jump(ms) {
      offset += ms;
    },
    pending: () =>
      [...jobs].sort((a, b) => a.dueAt - b.dueAt).map((job) => ({ name: job.name, inMs: job.dueAt - elapsed })),
  };
}
