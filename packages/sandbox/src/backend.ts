import type { CallLog } from './calls.js';
import type { SandboxClock } from './clock.js';
import type { DecisionFeed } from './decisions.js';
import type { Faults } from './faults.js';
import type { createAllowlistRegistry, createBlocklistRegistry } from './lists.js';
import type { LoginBurst } from './login-burst.js';
import type { Machines } from './machines.js';
import type { CompleteOptions } from './options.js';
import type { Delays } from './scheduler.js';
import type { SignalInbox } from './signals.js';
import type { StateFolder } from './state-folder.js';
import type { Tokens } from './tokens.js';

/** All that the routes work with. */
export interface Backend {
  readonly options: CompleteOptions;
  readonly clock: SandboxClock;
  readonly state: StateFolder;
  readonly calls: CallLog;
  readonly faults: Faults;
  readonly delays: Delays;
  readonly machines: Machines;
  readonly tokens: Tokens;
  readonly loginBurst: LoginBurst;
  readonly decisions: DecisionFeed;
  readonly blocklists: ReturnType<typeof createBlocklistRegistry>;
  readonly allowlists: ReturnType<typeof createAllowlistRegistry>;
  readonly signals: SignalInbox;
  /** The root of the URLs that answers name, without trailing slash. */
  readonly publicUrl: () => string;
}
