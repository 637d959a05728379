import { messageOf } from './errors.js';
import { settle } from './injected/contained-logger.js';
import type { Logger } from './logger.js';

/** Typed events. What a listener throws, or rejects with, is logged once; it never disturbs the sender or another listener. */
export class Emitter<Events extends object> {
  readonly #listeners = new Map<keyof Events, Set<(details: never) => unknown>>();
  readonly #logger: Logger;

  constructor(logger: Logger) {
    this.#logger = logger;
  }

  on<Name extends keyof Events>(name: Name, listener: (details: Events[Name]) => unknown): Disposable {
    const listeners = this.#listeners.get(name) ?? new Set();
    this.#listeners.set(name, listeners);
    let hasFailed = false;
    const failed = (error: unknown): void => {
      if (!hasFailed)
        this.#logger.error(`A listener of "${String(name)}" failed: ${messageOf(error)}`, {
          code: 'LISTENER_FAILED',
          event: String(name),
          error,
        });
      hasFailed = true;
    };
    // A fresh function for each call, so that the same listener can be added, and removed, twice.
    const entry = (details: Events[Name]): void => settle(() => listener(details), failed);
    listeners.add(entry);
    return { [Symbol.dispose]: () => void listeners.delete(entry) };
  }

  emit<Name extends keyof Events>(name: Name, details: Events[Name]): void {
    const listeners = this.#listeners.get(name);
    if (listeners === undefined) return;
    for (const listener of listeners) (listener as (details: Events[Name]) => void)(details);
  }
}
