import type { ReportChannel } from './report-channel.js';

/**
 * One of the networks that an agent speaks to: CrowdSec's Central API (CAPI), or a local API (LAPI). What is peculiar to each stays behind
 * this: how it authenticates, at what pace it is asked for decisions, and in what shape it takes reports.
 */
export interface Network {
  readonly name: 'capi' | 'lapi';
  /** Where reports go; absent when this network takes none of this agent. */
  readonly reports?: ReportChannel | undefined;
  /**
   * Reads what the store knows and starts the jobs; it does not wait for the network. May be called again after it failed.
   *
   * @throws CrowdsecError `CROWDSEC_STORE_UNAVAILABLE`
   */
  start(): Promise<void>;
  /** Does what is due, for hosts whose timers do not run between calls. */
  runDue(): Promise<void>;
  /** Ends the jobs and gives back what is held for all processes. Never rejects. */
  stop(): Promise<void>;
  /** Closes the connections. */
  close(): Promise<void>;
}
