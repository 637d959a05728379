/**
 * Drives every recurring job of the agent. Hosts with timers of their own (Nest's `SchedulerRegistry`, a cron, a test's
 * clock) supply one.
 */
export interface Scheduler {
  /**
   * Runs `run` once, `delayMs` from now, unless the returned handle is disposed before.
   *
   * @param name a stable name that people may see, such as `crowdsec:refresh`
   * @param run handles its own errors: it never throws and never rejects
   */
  schedule(name: string, delayMs: number, run: () => void | Promise<void>): Disposable;
}

/** The longest delay that Node's timers hold; a longer one is waited for in steps of this size. */
const MAX_TIMER_MS = 2 ** 31 - 1;

/** Timers of Node that do not keep the process alive. */
export const timerScheduler: Scheduler = {
  schedule(_name, delayMs, run) {
    let timer: NodeJS.Timeout;
    const arm = (leftMs: number): void => {
      const stepMs = Math.min(Math.max(0, leftMs), MAX_TIMER_MS);
      timer = setTimeout(() => (leftMs > stepMs ? arm(leftMs - stepMs) : void run()), stepMs);
      timer.unref();
    };
    arm(delayMs);
    return { [Symbol.dispose]: () => clearTimeout(timer) };
  },
};

/** Resolves after `delayMs`, by the scheduler's time. */
export function sleep(scheduler: Scheduler, name: string, delayMs: number): Promise<void> {
  return new Promise((resolve) => {
    scheduler.schedule(name, delayMs, resolve);
  });
}
