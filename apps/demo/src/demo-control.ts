import type { Crowdsec } from '@crowdsec-sdk/core';
import type { Network } from './network.js';

/** How the agent introduces itself to the network. */
export interface AgentName {
  /** `[A-Za-z0-9]{0,16}` */
  readonly suffix?: string;
  /** `vX.Y.Z`; that of the SDK if not given. */
  readonly version?: string;
}

/** What the page of the demo shows, and what it can do about it. */
export interface DemoControl {
  /** The agent of the current application. */
  readonly crowdsec: Crowdsec;
  readonly network: Network;
  /**
   * Replaces the application by one whose agent has another name and the same state, as a restart would.
   *
   * @returns the new user agent
   * @throws CrowdsecError `CROWDSEC_OPTION_INVALID` for a name that CrowdSec would not take; then nothing is replaced
   */
  rename(name: AgentName): Promise<string>;
}

/** Injects the {@link DemoControl}. */
export const DEMO_CONTROL = Symbol('demo control');
