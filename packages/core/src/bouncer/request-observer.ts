import { shortPath } from '../paths/short-path.js';
import { readHeader, type RequestFacts, type Verdict } from './verdict.js';

/** Who wants to hear of requests and their answers: the extensions' host. It never throws, and never holds a request up. */
export interface RequestObserver {
  /** Asked for each request: while nobody listens, nothing is done for it. */
  readonly wantsRequests: boolean;
  readonly wantsResponses: boolean;
  /** Whether answers with this status are among them; all by default. */
  wantsStatus?(status: number): boolean;
  /** Before a client is judged: whatever it did before counts. */
  catchUp(ip: string): void;
  /** @returns whether something was decided about the client: then it is judged again */
  request(ip: string, traits: RequestTraits): boolean;
  response(ip: string, traits: RequestTraits, answer: Answer): void;
  /** A remedy threw, answered what can't be sent, or took too long. */
  remedyFailed(remediation: string, error: unknown): void;
}

/** How a request was answered. */
export interface Answer {
  readonly status: number;
  /** From the verdict to the end of the answer. */
  readonly durationMs: number;
}

/** What of a request is told to others: no query, no cookies, no credentials. */
export interface RequestTraits {
  readonly method: string;
  /**
   * As it arrived, without query. One of more than 2,000 characters is put plainly (`plainPath`) and, if it is still as long, has `…` in
   * the place of its middle.
   */
  readonly path: string;
  /** Empty when there was none; at most 500 characters. */
  readonly userAgent: string;
  /**
   * `block`: the visitor does not get to the application, so a failure is none of theirs. On a request, also one whom a remedy that
   * takes its time may yet let through.
   */
  readonly action: Verdict['action'];
}

const MAX_USER_AGENT_CHARS = 500;

/** What an observer gets to see of a request. */
export function requestTraits(facts: RequestFacts, action: Verdict['action']): RequestTraits {
  return new TraitsOfFacts(facts, action);
}

/** Read of the facts by whoever asks, so that nothing is done for what nobody looks at. Nobody can change them: to freeze an object takes longer. */
class TraitsOfFacts implements RequestTraits {
  readonly #facts: RequestFacts;
  readonly #action: Verdict['action'];

  constructor(facts: RequestFacts, action: Verdict['action']) {
    this.#facts = facts;
    this.#action = action;
  }

  get method(): string {
    return this.#facts.method;
  }

  get path(): string {
    return shortPath(this.#facts.path);
  }

  get userAgent(): string {
    return (readHeader(this.#facts.headers, 'user-agent') ?? '').slice(0, MAX_USER_AGENT_CHARS);
  }

  get action(): Verdict['action'] {
    return this.#action;
  }
}
