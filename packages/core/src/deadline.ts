import type { Scheduler } from './scheduler.js';

/**
 * Every deadline of the SDK is made here. `AbortSignal.timeout()` and `AbortSignal.any()` are not used anywhere: up to Node 22.18 nothing
 * holds what they make, so a garbage collection takes the timer along and the deadline never comes.
 */

/** The time that a piece of work may take. */
export interface Deadline {
  /** Aborted when the time is up: nothing may be written after that, for the caller has been told that it failed. */
  readonly signal: AbortSignal;
  /**
   * Starts the time anew: a large value is moved in pieces, and each piece may take as long as a small value. Changes nothing once the work is
   * over.
   *
   * @param ms how long it is this time, where that differs from what the work may usually take
   */
  extend(ms?: number): void;
}

/** The timer that a deadline rests on, for work that is timed by the clock of the agent. */
export interface DeadlineTimer {
  readonly scheduler: Scheduler;
  readonly name: string;
}

export interface DeadlineOptions {
  /** How long the work may take, in ms. */
  readonly ms: number;
  /** Makes the error that is thrown when the time is up; a {@link DeadlineExceeded} by default. */
  readonly late?: () => Error;
  /** Breaks the work off before its time is up; its reason is thrown. */
  readonly signal?: AbortSignal | undefined;
  /** Counts the time; timers of Node by default. */
  readonly timer?: DeadlineTimer;
  /** Whether a timer of Node keeps the process alive until the work is done; true by default. */
  readonly keepsProcessAlive?: boolean;
}

/** Work took longer than it may. */
export class DeadlineExceeded extends Error {
  override readonly name = 'TimeoutError';

  constructor(ms: number) {
    super(`no answer within ${ms >= 1_000 ? `${ms / 1_000} s` : `${ms} ms`}`);
  }
}

/**
 * Runs `run`, and rejects when it has not settled in time. What it still does then is left to itself and its outcome is ignored, so the
 * deadline holds for work that does not listen to its signal, too.
 *
 * @throws what `run` threw, what `late` makes, or the reason of `signal`
 */
export function withinDeadline<T>(options: DeadlineOptions, run: (deadline: Deadline) => T | Promise<T>): Promise<T> {
  const { ms, late = () => new DeadlineExceeded(ms), signal: outer } = options;
  return new Promise<T>((resolve, reject) => {
    const abort = new AbortController();
    const timer = new Timer(options);
    let isOver = false;
    const stop = (): void => {
      isOver = true;
      timer.stop();
      outer?.removeEventListener('abort', breakOff);
    };
    const end = (error: Error): void => {
      stop();
      reject(error);
      abort.abort(error);
    };
    const breakOff = (): void => end(outer?.reason as Error);
    if (outer?.aborted === true) return breakOff();
    outer?.addEventListener('abort', breakOff, { once: true });
    const extend = (extendedMs = ms): void => {
      if (!isOver) timer.restart(extendedMs);
    };
    timer.start(() => end(late()));
    const work = (async () => run({ signal: abort.signal, extend }))();
    work.finally(stop).then(resolve, reject);
  });
}

/**
 * What is answered, if that comes in time.
 *
 * @throws DeadlineExceeded when it does not
 */
export async function answerWithin<T>(ms: number, answer: Promise<T>, timer: DeadlineTimer): Promise<T> {
  if (await atMost(ms, answer, timer)) return answer;
  throw new DeadlineExceeded(ms);
}

/** Waits for the work, but no longer than so; whether it has settled by then. What it comes to is left to others. */
export async function atMost(ms: number, work: Promise<unknown>, timer: DeadlineTimer): Promise<boolean> {
  const settled = (): boolean => true;
  return withinDeadline({ ms, timer }, () => work.then(settled, settled)).catch(() => false);
}

class Timer {
  readonly #options: DeadlineOptions;
  #ms: number;
  #timeout: NodeJS.Timeout | undefined;
  #lastTurn: NodeJS.Immediate | undefined;
  #job: Disposable | undefined;
  #over: () => void = () => undefined;

  constructor(options: DeadlineOptions) {
    this.#options = options;
    this.#ms = options.ms;
  }

  start(over: () => void): void {
    const { timer, keepsProcessAlive = true } = this.#options;
    this.#over = over;
    if (timer !== undefined) {
      this.#job = timer.scheduler.schedule(timer.name, this.#ms, over);
      return;
    }
    // A process that was held up runs its timers before it reads its sockets: what has arrived meanwhile counts.
    this.#timeout = setTimeout(() => (this.#lastTurn = setImmediate(over)), this.#ms);
    if (!keepsProcessAlive) this.#timeout.unref();
  }

  restart(ms: number): void {
    if (this.#timeout !== undefined && ms === this.#ms) {
      clearImmediate(this.#lastTurn);
      this.#timeout.refresh();
      return;
    }
    this.stop();
    this.#ms = ms;
    this.start(this.#over);
  }

  stop(): void {
    clearTimeout(this.#timeout);
    clearImmediate(this.#lastTurn);
    this.#job?.[Symbol.dispose]();
  }
}
