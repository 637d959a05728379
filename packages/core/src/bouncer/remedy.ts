import type { BouncerResponse, RequestFacts, VerdictFacts } from './verdict.js';

/** What a remedy is told. */
export interface RemedyRequest extends VerdictFacts {
  readonly facts: RequestFacts;
}

/**
 * An answer to the client; `'pass'`: this one may go on (it has solved the captcha, say); or `'unhandled'`: it can't serve now, so that
 * the option `onUnhandled` decides.
 */
export type RemedyAnswer = BouncerResponse | ServedAnswer | 'pass' | 'unhandled';

/** What a remedy answers of its own accord, such as a challenge that a page asks for: it is no refusal, and not counted as one. */
export interface ServedAnswer {
  readonly served: BouncerResponse;
}

/**
 * What a remediation does to a request. `ban` is one; yours come in through the same parameter. One that answers later
 * than 30 seconds, throws, or answers what HTTP can't carry has failed: then the option `onError` decides.
 *
 * ```ts
 * const toTheShop: Remedy = () => ({ status: 303, headers: { location: 'https://shop.example/' }, body: '' });
 * ```
 */
export type Remedy = (request: RemedyRequest) => RemedyAnswer | Promise<RemedyAnswer>;

/** Something that a remedy serves at a path of its own, to those too whom no remedy meets. */
export interface RemedyEndpoint {
  /** Asked for each request that passes: it must cost next to nothing. */
  isEndpoint(path: string): boolean;
  /** Answers whoever comes there and is let through. */
  readonly answerOthers: Remedy;
}

/** Whether a remedy answers later: by a promise, or by anything else that has a `then`. */
export function isPromise(answer: RemedyAnswer | Promise<RemedyAnswer>): answer is Promise<RemedyAnswer> {
  return answer instanceof Promise || (typeof answer === 'object' && 'then' in answer);
}
