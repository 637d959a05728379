import type { RequestOutcome } from '../bouncer/request-outcomes.js';
import type { TypeCount } from '../decisions/count-by-type.js';
import type { Health } from '../health.js';
import type { DetectionCount } from './detection-counter.js';

/** What the observable metrics of an agent are read from, when somebody collects them. */
export interface MetricFacts {
  readonly namespace: string;
  /** ms since the epoch. */
  readonly now: number;
  readonly health: Health;
  /** What requests came to. */
  readonly outcomes: readonly RequestOutcome[];
  /** When decisions were last pulled, in ms since the epoch, by source. */
  readonly pulledAt: Readonly<Record<string, number | undefined>>;
  /** Held decisions of networks and other sources. */
  readonly held: readonly TypeCount[];
  /** Types of the local decisions in force. */
  readonly localTypes: readonly string[];
  readonly detections: readonly DetectionCount[];
  /** How many logins the hour may see; `undefined` for an agent that does not speak to CAPI. */
  readonly loginsPerHour: number | undefined;
}
