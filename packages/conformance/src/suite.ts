import type { Host } from './host.js';
import type { TestEnvironment } from './test-environment.js';

/** What each group of cases works with. */
export interface Subject {
  readonly host: Host;
  /** There once the tests run. */
  readonly world: () => TestEnvironment;
}
