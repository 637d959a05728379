import { messageOf } from '../errors.js';
import type { Logger } from '../logger.js';
import type { Scheduler } from '../scheduler.js';

/** Jobs that somebody plans and ends: one of a name at a time. */
export class Jobs {
  readonly #scheduler: Scheduler;
  readonly #logger: Logger;
  readonly #planned = new Map<string, Disposable>();
  /** What each job last failed with: the same is not said again. */
  readonly #lastLogged = new Map<string, string>();
  #stopped = false;

  constructor({ scheduler, logger }: { readonly scheduler: Scheduler; readonly logger: Logger }) {
    this.#scheduler = scheduler;
    this.#logger = logger;
  }

  /**
   * Plans a job in place of the one of its name.
   *
   * @param run the job that it fails says so; the next one is planned by whoever plans it
   * @param failure begins what is said when it fails
   */
  plan(name: string, delayMs: number, run: () => void | Promise<void>, failure: string): void {
    this.#planned.get(name)?.[Symbol.dispose]();
    if (this.#stopped) return;
    const job = this.#scheduler.schedule(`crowdsec:${name}`, delayMs, async () => {
      this.#planned.delete(name);
      try {
        await run();
        this.#lastLogged.delete(name);
      } catch (error) {
        this.#say(name, `${failure}: ${messageOf(error)}`);
      }
    });
    this.#planned.set(name, job);
  }

  /** Ends what is planned; from then on nothing is planned or said. */
  stop(): void {
    this.#stopped = true;
    for (const job of this.#planned.values()) job[Symbol.dispose]();
    this.#planned.clear();
  }

  #say(name: string, message: string): void {
    if (this.#stopped) return;
    if (this.#lastLogged.get(name) !== message) this.#logger.warn(message, { code: 'JOB_FAILED', job: name });
    this.#lastLogged.set(name, message);
  }
}
