import type { PullerReport } from './puller-report.js';

/** How the decisions of a local API stand. Moments are in ms since the epoch. */
export interface LapiDecisionsHealth extends PullerReport {
  /** Where it is asked. */
  readonly url: string;
  /** Whether this process asks it, or reads from the store what another one was told. */
  readonly role: 'puller' | 'follower';
  /** How many rows are held, those that have ended since included. */
  readonly count: number;
  /** It has not answered for a minute, or for three intervals if that is longer; or never. What is held stays in use until it ends. */
  readonly stale: boolean;
  /** Rows of the last answer to this process that were left out, by reason. */
  readonly skipped: Readonly<Record<string, number>>;
}
