import type { AwaitedPromises } from '../keep-process-alive.js';
import type { Deferred } from './deferred.js';

/** The receipt of a signal that was taken. A class with lazy promises: reports whose promises are not used cost nothing. */
export class PendingReceipt {
  readonly status: 'buffered' | 'merged';
  readonly uuid: string;
  readonly #stored: Deferred;
  readonly #promises: AwaitedPromises;

  constructor(status: 'buffered' | 'merged', uuid: string, stored: Deferred, promises: AwaitedPromises) {
    this.status = status;
    this.uuid = uuid;
    this.#stored = stored;
    this.#promises = promises;
  }

  /** Whoever asks for it is taken to wait for it: the process lives until it settles, or the agent is stopped. */
  get stored(): Promise<void> {
    return this.#promises.awaited(this.#stored.promise);
  }
}
