import type { RequestTraits } from '../bouncer/request-observer.js';
import type { Detector } from './detector.js';
import { HoldCheck, heldTooLong } from './hold-check.js';
import type { Stopwatch } from './stopwatch.js';

/** The `filter` of detectors that listen to the same events, asked once for all of them. Never throws. */
export class RequestFilter {
  readonly #filter: NonNullable<Detector['filter']>;
  readonly #hold: HoldCheck;
  readonly #onFailure: (error: unknown) => void;
  /** Requests that its detectors were not shown because of it. */
  rejected = 0;

  /** @param stopwatch running: whoever asks has started it */
  constructor(filter: NonNullable<Detector['filter']>, stopwatch: Stopwatch, onFailure: (error: unknown) => void) {
    this.#filter = filter;
    this.#hold = new HoldCheck(stopwatch);
    this.#onFailure = onFailure;
  }

  /**
   * Whether its detectors want to see the request; where it fails, they do not.
   *
   * @param isAlone whether the lap of the stopwatch is its own; otherwise whoever asks looks after the time
   */
  accepts(request: RequestTraits, isAlone: boolean): boolean {
    try {
      const filter = this.#filter;
      const answer: unknown = filter(request);
      if (isAlone) this.#endLap();
      if (answer === true || answer === false) return answer;
      return refuse(answer);
    } catch (error) {
      // The next function's lap begins now.
      if (isAlone) this.#hold.lap();
      this.#onFailure(error);
      return false;
    }
  }

  #endLap(): void {
    const heldMs = this.#hold.lap();
    if (heldMs > 0) this.#onFailure(heldTooLong(heldMs));
  }
}

/** What JavaScript may answer in place of what the type says. */
function refuse(answer: unknown): never {
  if (answer instanceof Promise) answer.catch(() => undefined);
  throw new TypeError(`its filter answered ${typeof answer}, although it must answer true or false at once`);
}
