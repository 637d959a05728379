import type { CallLog } from '../calls.js';
import type { TimeSource } from '../clock.js';
import type { Faults } from '../faults.js';
import type { Delays } from '../scheduler.js';
import type { LapiAllowlist } from './allowlists.js';
import type { Alerts } from './alerts.js';
import type { Bouncers } from './bouncers.js';
import type { DecisionDatabase } from './decision-database.js';
import type { Watchers } from './watchers.js';

/** All that the routes of the local API work with. */
export interface LapiBackend {
  readonly engine: 'newest' | '1.4.6';
  readonly clock: TimeSource;
  readonly calls: CallLog;
  readonly faults: Faults;
  readonly delays: Delays;
  readonly bouncers: Bouncers;
  readonly watchers: Watchers;
  readonly decisions: DecisionDatabase;
  readonly alerts: Alerts;
  readonly allowlist: LapiAllowlist;
  readonly usageMetrics: Readonly<Record<string, unknown>>[];
}
