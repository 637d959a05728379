/** Keeps the process alive until the promise settles: the agent's own timers are unref'd. */
export async function keepProcessAlive<T>(work: Promise<T>): Promise<T> {
  const timer = setInterval(() => undefined, 2 ** 30);
  try {
    return await work;
  } finally {
    clearInterval(timer);
  }
}

/**
 * Keeps the process alive while somebody waits for a promise that only the agent's unref'd timers can settle. A promise counts once
 * somebody has asked for it by {@link awaited}.
 */
export class AwaitedPromises {
  readonly #pending = new Set<Promise<unknown>>();
  #timer: NodeJS.Timeout | undefined;
  #isReleased = false;

  /** The same promise; the process lives until it settles. */
  awaited<T>(promise: Promise<T>): Promise<T> {
    if (this.#isReleased || this.#pending.has(promise)) return promise;
    this.#pending.add(promise);
    this.#timer ??= setInterval(() => undefined, 2 ** 30);
    const settled = (): void => this.#settled(promise);
    promise.then(settled, settled);
    return promise;
  }

  /** Nothing settles them any more: the process may end. */
  release(): void {
    this.#isReleased = true;
    this.#pending.clear();
    clearInterval(this.#timer);
  }

  #settled(promise: Promise<unknown>): void {
    this.#pending.delete(promise);
    if (this.#pending.size > 0) return;
    clearInterval(this.#timer);
    this.#timer = undefined;
  }
}
