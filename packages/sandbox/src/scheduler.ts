/** What runs delayed answers: Node's timers, or the scheduler that a test moves. */
export interface DelayScheduler {
  schedule(name: string, delayMs: number, run: () => void): Disposable;
}

/** Node's timers. */
export const timers: DelayScheduler = {
  schedule(_name, delayMs, run) {
    const timer = setTimeout(run, delayMs);
    return { [Symbol.dispose]: () => clearTimeout(timer) };
  },
};

/** Waits that end when their time has come, or all at once, so that a stop never hangs on a slow answer. */
export class Delays {
  readonly #scheduler: DelayScheduler;
  readonly #waiting = new Set<() => void>();

  constructor(scheduler: DelayScheduler) {
    this.#scheduler = scheduler;
  }

  /** Resolves to whether the whole time was waited for. */
  wait(ms: number): Promise<boolean> {
    return new Promise((resolve) => {
      const giveUp = (): void => {
        job[Symbol.dispose]();
        resolve(false);
      };
      const job = this.#scheduler.schedule('crowdsec-sandbox:delay', ms, () => {
        this.#waiting.delete(giveUp);
        resolve(true);
      });
      this.#waiting.add(giveUp);
    });
  }

  giveUpAll(): void {
    for (const giveUp of this.#waiting) giveUp();
    this.#waiting.clear();
  }
}
