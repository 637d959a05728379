import type { RequestTraits } from '../bouncer/request-observer.js';
import type { DetectionEvent, EventKind } from './detection-event.js';

/** Events in, outcomes out. */
export interface Detector {
  /** Unique in its extension, `[a-z0-9-]`. */
  readonly name: string;
  readonly on: readonly EventKind[];
  /** Of answers, those with one of these statuses alone; all by default. What nobody wants to hear of costs next to nothing. */
  readonly statuses?: readonly number[];
  /**
   * Of requests, those that it answers `true` about; all by default. It is asked before the request goes on, so that one that nobody wants
   * to see costs next to nothing: let it be a quick look, such as a short pattern or a look-up, and `detect` do the rest. It may be asked
   * twice about one request. It is called without `this`; an extension's detectors that listen to the same events by the same function
   * share its answer. One that throws, holds the event loop for more than 50 ms, or answers anything else has failed.
   */
  readonly filter?: (request: RequestTraits) => boolean;
  /**
   * Looks at an event. It runs after the answer is on its way, unless `blocking`. What it returns is checked and acted on; a detector
   * that throws, rejects, takes longer than 2 s to settle, holds the event loop for more than 50 ms, or returns what it may not, has
   * failed.
   */
  readonly detect: (event: DetectionEvent) => Outcome | undefined | Promise<Outcome | undefined>;
  /**
   * Runs on `request` events before the request is let through, so that an outcome with a decision refuses the very request. It must
   * answer synchronously: each request waits for it. False by default.
   */
  readonly blocking?: boolean;
  /** Outcomes are counted and told as `detected` events, and nothing is done. False by default. */
  readonly dryRun?: boolean;
  /**
   * How many outcomes of a scenario are acted on in an hour of this process, 1 to 100,000; 1,000 by default. Whoever can make others
   * look guilty gets no more than that.
   */
  readonly capPerHour?: number;
}

/** What is to be done: a signal, a local decision, or both. Of the client that the event is about, and of nobody else. */
export interface Outcome {
  /** One of the scenarios of the extension. */
  readonly scenario: string;
  /** Tells CrowdSec: a `decision` (it was acted on) or a `whisper`. Nothing by default. */
  readonly signal?: 'decision' | 'whisper';
  /** Decides locally, at once, about the address or, with IPv6, its /64. Nothing by default. */
  readonly decision?: OutcomeDecision;
  /** For people; what is longer than 1,000 characters is cut. */
  readonly message?: string;
  /** How many events led to it; 1 by default. */
  readonly eventCount?: number;
  /** When the first of them happened, in ms since the epoch; the moment of the event by default. */
  readonly startAt?: number;
  /**
   * Facts for the console. Beyond 20 pairs, names of 255 characters and texts of 4,000 they are cut, since visitors may have written
   * them; pairs without a value are left out.
   */
  readonly context?: Readonly<Record<string, string | number | boolean>>;
}

export interface OutcomeDecision {
  /** `ban` by default. */
  readonly type?: string;
  /** A Go duration of more than zero; `4h` by default. */
  readonly duration?: string;
}
