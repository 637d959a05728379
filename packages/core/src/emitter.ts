import { messageOf } from './errors.js';
import type { Logger } from './logger.js';

/** Typed events. A listener that throws is logged; it never disturbs the sender or another listener. */
export class Emitter<Events extends object> {
  readonly #listeners = new Map<keyof Events, Set<(details: never) => void>>();
  readonly #logger: Logger;

  constructor(logger: Logger) {
    this.#logger = logger;
  }

  on<Name extends keyof Events>(name: Name, listener: (details: Events[Name]) => void): Disposable {
    const listeners = this.#listeners.get(name) ?? new Set();
    this.#listeners.set(name, listeners);
    // A fresh function for each call, so that the same listener can be added, and removed, twice.
    const entry = (details: Events[Name]): void => listener(details);
    listeners.add(entry);
    return { [Symbol.dispose]: () => void listeners.delete(entry) };
  }

  emit<Name extends keyof Events>(name: Name, details: Events[Name]): void {
    for (const listener of this.#listeners.get(name) ?? []) {
      try {
        (listener as (details: Events[Name]) => void)(details);
      } catch (error) {
        this.#logger.error(`A listener of "${String(name)}" threw: ${messageOf(error)}`);
      }
    }
  }
}
