import type { BouncerResponse, RequestFacts } from './verdict.js';

/** Who looks at whole requests, their bodies included, before they are handled: an AppSec component. */
export interface RequestInspector {
  /** Whether it is asked about requests that a decision refuses, too. */
  readonly wantsRefused: boolean;
  /** How much of a body it looks at. */
  readonly maxBodyBytes: number;
  /**
   * Looks at a request of this client.
   *
   * @returns `undefined` where it does not look at the request; what it found, `undefined` for nothing. That never rejects.
   */
  inspect(facts: RequestFacts, ip: string | undefined): Promise<InspectorFinding | undefined> | undefined;
}

/** What is to become of a request by the word of an inspector. */
export interface InspectorFinding {
  /** Whose word it is. */
  readonly origin: string;
  /** The first of these that a remedy serves is what happens; `bypass` alone: it could not be judged, and is refused. */
  readonly remediations: readonly [string, ...string[]];
  /** The status that the client is to be answered, in place of the remedy's own. */
  readonly status?: number | undefined;
  /** The whole answer to the client; then no remedy is asked. */
  readonly response?: BouncerResponse | undefined;
}
