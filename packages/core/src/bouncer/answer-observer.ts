import type { Clock } from '../clock.js';
import { requestTraits, type RequestObserver } from './request-observer.js';
import type { RequestFacts, Verdict } from './verdict.js';

/** Tells an observer how requests were answered, and after how long. */
export class AnswerObserver {
  readonly #observer: RequestObserver;
  readonly #clock: Clock;
  /** When the first request of this turn of the event loop was judged; `undefined` before that. */
  #turnAt: number | undefined;

  constructor(observer: RequestObserver, clock: Clock) {
    this.#observer = observer;
    this.#clock = clock;
  }

  /** What to call with the status once the request was answered, or `undefined` when nobody wants to know. */
  answering(facts: RequestFacts, { ip, action }: Verdict): ((status: number) => void) | undefined {
    const observer = this.#observer;
    if (ip === undefined || !observer.wantsResponses) return undefined;
    const from = this.#inspectedAt();
    return (status) => {
      if (observer.wantsStatus?.(status) === false) return;
      observer.response(ip, requestTraits(facts, action), { status, durationMs: this.#clock.monotonic() - from });
    };
  }

  /**
   * The clock is read once for all requests that are judged in one turn of the event loop: a reading costs as much as all else that is done
   * to hear of an answer, and few answers are ones that anybody wants to hear of.
   */
  #inspectedAt(): number {
    if (this.#turnAt === undefined) {
      this.#turnAt = this.#clock.monotonic();
      setImmediate(this.#endTurn);
    }
    return this.#turnAt;
  }

  readonly #endTurn = (): void => {
    this.#turnAt = undefined;
  };
}
