import { messageOf } from '../errors.js';
import type { Logger } from '../logger.js';
import type { Scheduler } from '../scheduler.js';

/** Runs a job at once and then `everyMs` after each run, until it is disposed; what it throws is logged for debugging. */
export function repeat(job: {
  readonly name: string;
  readonly everyMs: number;
  readonly run: () => Promise<void>;
  readonly scheduler: Scheduler;
  readonly logger: Logger;
}): Disposable {
  const { name, everyMs, run, scheduler, logger } = job;
  let planned: Disposable | undefined;
  let isOver = false;
  const plan = (delayMs: number): void => {
    planned = scheduler.schedule(name, delayMs, async () => {
      try {
        await run();
      } catch (error) {
        logger.debug(`The job ${name} failed and is repeated: ${messageOf(error)}`, {
          code: 'JOB_FAILED',
          job: name,
          error,
        });
      }
      if (!isOver) plan(everyMs);
    });
  };
  plan(0);
  return {
    [Symbol.dispose]: () => {
      isOver = true;
      planned?.[Symbol.dispose]();
    },
  };
}
