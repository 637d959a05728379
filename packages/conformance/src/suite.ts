import type { Host } from './host.js';
import type { TestEnvironment } from './test-environment.js';

/** How long a case, or a host's start, may take: some wait for time-outs, and a host may be a program that has to be started. */
export const DEADLINE_MS = 120_000;

/** What each group of cases works with. */
export interface Subject {
  readonly host: Host;
  /** There once the tests run. */
  readonly environment: () => TestEnvironment;
}
