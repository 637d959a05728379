import type { Host } from './host.js';
import type { World } from './world.js';

/** What each group of cases works with. */
export interface Subject {
  readonly host: Host;
  /** There once the tests run. */
  readonly world: () => World;
}
