import { isReshaped } from './reshaped.js';
import type { PassVerdict } from './verdict.js';

/**
 * The verdicts of one agent about requests that it let through, kept with the request: where several guards stand in
 * the way of one, such as one at the top and one on a router, the later ones take over what the first one was told.
 *
 * They are kept as a property of the request, which costs less than a `WeakMap`; on requests of Express it costs several times as much.
 */
export class RequestVerdicts {
  readonly #key = Symbol('crowdsec.verdict');
  readonly #ofReshaped = new WeakMap<object, PassVerdict>();

  /** The verdict about a request that passed a guard of this agent. */
  of(request: object): PassVerdict | undefined {
    if (!isReshaped(request)) return (request as Record<symbol, PassVerdict | undefined>)[this.#key];
    // It may have been kept before Express had the request.
    return this.#ofReshaped.get(request) ?? (Reflect.get(request, this.#key) as PassVerdict | undefined);
  }

  /** Keeps the verdict about a request that goes on. */
  keep(request: object, verdict: PassVerdict): void {
    if (isReshaped(request)) this.#ofReshaped.set(request, verdict);
    else (request as Record<symbol, PassVerdict>)[this.#key] = verdict;
  }
}
