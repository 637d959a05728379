import type { BouncerResponse, RequestFacts, VerdictFacts } from './verdict.js';

/** What a remedy is told. */
export interface RemedyRequest extends VerdictFacts {
  readonly facts: RequestFacts;
}

/**
 * An answer to the client; `'pass'`: this one may go on (it has solved the captcha, say); or `'unhandled'`: it can't serve now, so that
 * the option `onUnhandled` decides.
 */
export type RemedyAnswer = BouncerResponse | 'pass' | 'unhandled';

/**
 * What a remediation does to a request. `ban` is one; yours come in through the same parameter. One that answers later
 * than 30 seconds, throws, or answers what HTTP can't carry has failed: then the option `onError` decides.
 *
 * ```ts
 * const toTheShop: Remedy = () => ({ status: 303, headers: { location: 'https://shop.example/' }, body: '' });
 * ```
 */
export type Remedy = (request: RemedyRequest) => RemedyAnswer | Promise<RemedyAnswer>;
