import type { LocalDecisionRequest, LocalDecisionResult } from './decide.js';
import type { LocalDecision } from './decisions/local-decisions.js';
import type { DecisionMatch } from './decisions/row-source.js';
import type { EnrollOptions, EnrollResult } from './capi/enroll.js';
import type { Bouncer } from './bouncer/bouncer.js';
import type { CrowdsecEvents } from './events.js';
import type { AppEventKind, ObservedFacts } from './extensions/detection-event.js';
import type { Health } from './health.js';
import type { LiftAtEngineRequest } from './lift-at-engine.js';
import type { RefreshResult } from './refresh/refresh-result.js';
import type { IpRemediation } from './remediation/ip-remediation.js';
import type { PoisonedSignal, RetryResult } from './signals/poisoned.js';
import type { FlushResult, PushResult, Receipt, Report, Whisper } from './signals/report.js';

/**
 * A soft agent: one member of the CrowdSec network inside this process.
 *
 * ```ts
 * const crowdsec = createCrowdsec({ env: 'prod', scenarios: ['acme/login-bruteforce'] });
 * await crowdsec.start();
 * if (crowdsec.getIpRemediation(ip).remediation === 'ban') return forbidden();
 * ```
 */
export interface Crowdsec extends AsyncDisposable {
  /** As every call carries it: `csnodecapi[_<suffix>]/<version>`. */
  readonly userAgent: string;
  /** Turns request facts into a verdict, for adapters. */
  readonly bouncer: Bouncer;

  /**
   * Opens the store, puts the stored decisions to use and starts the jobs. It never waits for CAPI and never fails because CAPI
   * or the store is out of reach: then the agent serves what it has and catches up. Calling it again changes nothing.
   */
  start(): Promise<void>;

  /**
   * Sends what waits if a call may leave now, releases what is held and ends the jobs. What could not be sent stays in the
   * journal for the next start; without a durable journal it waits for the next allowed call, within the deadline.
   *
   * @param options.deadlineMs how long all of it may take; 10,000 by default
   */
  stop(options?: { readonly deadlineMs?: number }): Promise<void>;

  /** What to do with an address. Synchronous; never throws, whatever the text is. */
  getIpRemediation(ip: string): IpRemediation;

  /** All that applies to an address now, what decides first: why is it blocked? Empty for text that is no address. */
  explain(ip: string): readonly DecisionMatch[];

  /**
   * Decides about an address or range: at once in this process, within seconds in the others of this installation.
   *
   * An address that is none decides nothing, as the result tells: visitors can bring that about.
   *
   * @throws CrowdsecError `CROWDSEC_OPTION_INVALID`, or `CROWDSEC_SCENARIO_UNDECLARED` when it is to be reported
   */
  decide(decision: LocalDecisionRequest): LocalDecisionResult;

  /**
   * Lifts a local decision about exactly this address or range before its time; false when there is none.
   *
   * @throws CrowdsecError `CROWDSEC_OPTION_INVALID`
   */
  lift(decision: { readonly ip?: string | undefined; readonly range?: string | undefined }): boolean;

  /**
   * Ends decisions of the engine, whoever made them, before their time; resolves how many there were. Needs `lapi.machine`. Bouncers, this
   * one included, are told by their next delta of decisions. Local decisions are not touched: see {@link lift}.
   *
   * With `ip`, decisions about ranges that hold the address end, too, unless `keepRanges` is set: nobody is let in otherwise. Decisions about
   * countries and networks stay.
   *
   * @throws CrowdsecError `CROWDSEC_OPTION_INVALID` without a machine or a target; `CROWDSEC_CREDENTIALS_REJECTED`, `CROWDSEC_API_STATUS`,
   *   `CROWDSEC_API_UNREACHABLE`, `CROWDSEC_API_MALFORMED`
   */
  liftAtEngine(decision: LiftAtEngineRequest): Promise<number>;

  /** The local decisions in force, of all processes of this installation as far as this one knows. */
  localDecisions(): readonly LocalDecision[];

  /**
   * Pulls new decisions, if the budget of the network allows: at most every two hours.
   *
   * @throws CrowdsecError when the pull was tried and failed; what was held stays in use
   */
  refreshDecisions(): Promise<RefreshResult>;

  /**
   * Reports an address that was acted on: a *decision* signal. Takes microseconds; the signal leaves with the next call.
   *
   * Whatever a visitor can bring about is cut or refused, and never throws.
   *
   * @throws CrowdsecError `CROWDSEC_SCENARIO_UNDECLARED` or `CROWDSEC_OPTION_INVALID`: mistakes of the caller, not of the visitor
   */
  report(report: Report): Receipt;

  /** Reports a behaviour that is trivial alone and telling in numbers: a *whisper*, a signal without a decision. */
  whisper(whisper: Whisper): Receipt;

  /** Sends what is buffered now, if a call may leave: at least 10 seconds after the last one. */
  flushSignals(): Promise<FlushResult>;

  /**
   * Sends these signals through the same pacer, in calls of at most 250, 10 seconds apart; resolves when each is answered.
   *
   * @throws CrowdsecError `CROWDSEC_OPTION_INVALID` with the path of the first wrong one; then none is sent
   */
  pushSignals(reports: readonly (Report | Whisper)[]): Promise<PushResult>;

  /**
   * Tells the detectors of something that happened in the application. Takes microseconds, waits for nothing.
   *
   * ```ts
   * crowdsec.observe('app:login-failed', { ip, user: name });
   * ```
   *
   * @param facts `ip` is the client's address, without which nothing is shown and the event is counted as refused; the others are for the
   *   detectors, at most 20, texts cut to 500 characters
   * @throws CrowdsecError `CROWDSEC_OPTION_INVALID` for a kind that is none, or when no `ip` is named: mistakes of the caller, not of the
   *   visitor
   */
  observe(kind: AppEventKind, facts: ObservedFacts): void;

  /** The signals that the network (CAPI, or LAPI where reports go there) refused for what is in them, of all processes, oldest first, at most 1,000. */
  poisonedSignals(): Promise<readonly PoisonedSignal[]>;

  /**
   * Puts the signals that were set aside back among those that wait, oldest first, as far as the buffer has room: they are sent again, with
   * their uuids. One that CAPI still refuses is set aside again.
   */
  retryPoisoned(): Promise<RetryResult>;

  /** Attaches this machine to an account of the CrowdSec console. It must still be accepted there. */
  enroll(options: EnrollOptions): Promise<EnrollResult>;

  /** The state as data; cheap, and it calls nobody. */
  health(): Health;

  on<Name extends keyof CrowdsecEvents>(event: Name, listener: (details: CrowdsecEvents[Name]) => void): Disposable;

  /**
   * Runs the jobs that are due, shows the detectors what waits, and waits for it all: for cron and serverless hosts whose timers do not
   * run between calls.
   */
  runDue(): Promise<void>;
}
