import type { RequestFacts } from './verdict.js';

/** Who wants to hear of requests and their answers: the extensions' host. It never throws, and never holds a request up. */
export interface RequestObserver {
  /** Asked for each request: while nobody listens, nothing is done for it. */
  readonly wantsRequests: boolean;
  readonly wantsResponses: boolean;
  /** @returns whether something was decided about the client: then it is judged again */
  request(ip: string, facts: RequestFacts, action: 'pass' | 'block'): boolean;
  response(ip: string, facts: RequestFacts, answer: Answer): void;
}

/** How a request was answered. */
export interface Answer {
  readonly action: 'pass' | 'block';
  readonly status: number;
  /** From the verdict to the end of the answer. */
  readonly durationMs: number;
}
