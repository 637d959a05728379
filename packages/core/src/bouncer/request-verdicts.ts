import type { PassVerdict } from './verdict.js';

/**
 * The verdicts of one agent about requests that it let through, kept with the request: where several guards stand in
 * the way of one, such as one at the top and one on a router, the later ones take over what the first one was told.
 *
 * They are kept as a property of the request: a `WeakMap` would cost each request several times as much.
 */
export class RequestVerdicts {
  readonly #key = Symbol('crowdsec.verdict');

  /** The verdict about a request that passed a guard of this agent. */
  of(request: object): PassVerdict | undefined {
    return (request as Record<symbol, PassVerdict | undefined>)[this.#key];
  }

  /** Keeps the verdict about a request that goes on. */
  keep(request: object, verdict: PassVerdict): void {
    (request as Record<symbol, PassVerdict>)[this.#key] = verdict;
  }
}
