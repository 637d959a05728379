import { randomUUID } from 'node:crypto';
import type { EnrollOptions, EnrollResult } from '../capi/enroll.js';
import type { SessionState } from '../capi/session-options.js';
import type { Signal } from '../capi/wire.js';
import { userAgent } from '../capi/user-agent.js';
import { apiRoot } from '../capi/api-root.js';
import { CrowdsecError } from '../errors.js';
import type { IpAddress } from '../ip/address.js';
import { checkExtensions } from '../extensions/check-extensions.js';
import type { ReportChannel } from '../networks/report-channel.js';
import { parseOptions, type CrowdsecOptions } from '../options.js';
import { buildSignal, checkReport } from '../signals/build-signal.js';
import type { RefreshResult } from '../refresh/refresh-result.js';
import type { Scheduler } from '../scheduler.js';
import { dropPoisoned, type PoisonedSignal, type RetryResult } from '../signals/poisoned.js';
import { TURN_LEASE } from '../signals/pacer.js';
import { pushAll } from '../signals/push-all.js';
import type { FlushResult, PushResult, Report, Whisper } from '../signals/report.js';
import { underLease } from '../store/acquire.js';
import type { Lease } from '../store/store.js';
import { createAgentContext, type AgentContext } from './agent-context.js';
import { createAgentDecisions, type AgentDecisions } from './agent-decisions.js';
import { createAgentNetworks, type AgentNetworks } from './agent-networks.js';
import { createAgentSignals, type AgentSignals } from './agent-signals.js';
import { refreshNetworks } from './refresh-networks.js';
import { openAgentStore, type AgentStore } from './agent-store.js';
import type { CapiNetwork } from './capi-network.js';
import type { InstallationDecisions } from './installation-decisions.js';
import { reportExclusions, type ReasonNotReportable } from './report-exclusions.js';

/** A call with signals of another process is over by then. */
const TURN_WAIT_MS = 30_000;
const TURN_LEASE_MS = 10_000;

/** A local API is near. */
const LAPI_TIMEOUT_MS = 10_000;

/** What a tool is told while signals are sent. */
export interface PushOptions {
  /** How many signals the network has answered so far. */
  readonly onAnswered?: (count: number) => void;
}

/**
 * Speaks to the network for a tool, as one of the installation's processes: with its machine, under its leases, within its budgets. No job
 * runs beyond the calls that are asked for.
 *
 * @throws CrowdsecError `CROWDSEC_OPTION_INVALID` with the path of the wrong option
 */
export function open(given: CrowdsecOptions, decisions: InstallationDecisions): InstallationNetwork {
  const options = parseOptions(given);
  const context = createAgentContext(options);
  const timers = new DisposableTimers(context.scheduler);
  return new InstallationNetwork({ ...context, scheduler: timers }, timers, decisions);
}

export class InstallationNetwork {
  readonly #context: AgentContext;
  readonly #timers: DisposableTimers;
  readonly #stored: InstallationDecisions;
  readonly #agentStore: AgentStore;
  readonly #networks: AgentNetworks;
  readonly #declared: ReadonlySet<string>;
  readonly #decisions: AgentDecisions;
  readonly #signals: AgentSignals;
  readonly #reasonNotReportable: ReasonNotReportable;
  #isAllowed: (address: IpAddress) => boolean = () => false;
  #onAnswered: (count: number) => void = () => undefined;

  constructor(context: AgentContext, timers: DisposableTimers, stored: InstallationDecisions) {
    const { options } = context;
    this.#context = context;
    this.#timers = timers;
    this.#stored = stored;
    const agentStore = (this.#agentStore = openAgentStore(context));
    const extensions = checkExtensions(options.extensions);
    this.#declared = new Set([...options.scenarios, ...extensions.flatMap(({ scenarios = [] }) => scenarios)]);
    const agent = userAgent({ suffix: options.userAgentSuffix, version: options.userAgentVersion });
    const networks = (this.#networks = createAgentNetworks(context, {
      ...agentStore,
      scenarios: [...this.#declared],
      userAgent: agent,
      decisions: () => this.#decisions,
      signals: () => this.#signals,
    }));
    const { reports: channel } = networks;
    this.#decisions = createAgentDecisions(context, { ...agentStore, ...networks, userAgent: agent });
    this.#reasonNotReportable = reportExclusions({
      ownIps: options.ownIps,
      isAllowed: (address) => this.#isAllowed(address),
    });
    this.#signals = createAgentSignals(context, {
      ...agentStore,
      channel: channel && told(channel, (count) => this.#onAnswered(count)),
      declared: this.#declared,
      reasonNotReportable: this.#reasonNotReportable,
    });
  }

  /** The root of CAPI that is spoken to; `undefined` when none is. */
  get capiRoot(): string | undefined {
    return this.#networks.capi && apiRoot(this.#context.options);
  }

  /** Who this installation is to CAPI, as it is stored; it calls nobody. `undefined` when CAPI is not spoken to. */
  async machine(): Promise<SessionState | undefined> {
    const { capi } = this.#networks;
    await capi?.session.load();
    return capi?.session.state;
  }

  /**
   * Registers the machine if it is not, and logs in unless a token is stored that still serves.
   *
   * @throws CrowdsecError why there is no token
   */
  async authenticate(): Promise<SessionState> {
    const { session } = this.#withCapi();
    await session.token();
    return session.state;
  }

  /**
   * Tries the local API: as the bouncer, and as the machine where one is configured. `undefined` when no local API is.
   *
   * @throws CrowdsecError why it can't be spoken to
   */
  async checkLapi(): Promise<{ readonly url: string; readonly isMachine: boolean } | undefined> {
    const { lapi } = this.#networks;
    if (lapi === undefined) return undefined;
    const { bouncer, reports } = lapi;
    // Not GET: that moves the cursor from which a running agent with this key is told what changed.
    await bouncer.send({ method: 'HEAD', path: '/v1/decisions', timeoutMs: LAPI_TIMEOUT_MS });
    await reports?.prepare();
    return { url: bouncer.name, isMachine: reports !== undefined };
  }

  /** @throws CrowdsecError `CROWDSEC_API_STATUS` with the status 403 for a key that the console does not know */
  enroll(options: EnrollOptions): Promise<EnrollResult> {
    return this.#withCapi().client.enroll(options);
  }

  /** Whether a local API is spoken to, which the processes of the installation follow. */
  get hasLapi(): boolean {
    return this.#networks.lapi !== undefined;
  }

  /**
   * The names of the local API's allowlists that hold an address; `undefined` when the engine can't tell, being older than 1.6.9.
   *
   * @throws CrowdsecError why it was not told; `CROWDSEC_OPTION_INVALID` when the options name no machine at a local API
   */
  async allowlistsOf(ip: string): Promise<readonly string[] | undefined> {
    const { lapi } = this.#networks;
    if (lapi?.allowlists === undefined) {
      const path = 'options.lapi.machine';
      throw new CrowdsecError(
        'CROWDSEC_OPTION_INVALID',
        `${path}: a local API tells machines alone of its allowlists.`,
        {
          path,
        },
      );
    }
    const holding = await lapi.allowlists.holding([ip]);
    return holding === undefined ? undefined : (holding.get(ip) ?? []);
  }

  /**
   * Pulls new decisions: of CAPI if the budget allows, of a local API unless another process follows it.
   *
   * @throws CrowdsecError when the pull was tried and failed, or `CROWDSEC_STORE_NEWER`
   */
  async refresh(): Promise<RefreshResult> {
    await this.#stored.checkReadable();
    return refreshNetworks(this.#decisions.refresher, this.#networks.lapi?.decisions);
  }

  /** Sends these signals in calls at the pace of the network; resolves when each is answered. */
  async push(reports: readonly (Report | Whisper)[], { onAnswered }: PushOptions = {}): Promise<PushResult> {
    const { engine } = await this.#stored.load();
    this.#isAllowed = (address) => engine.isAllowed(address);
    this.#onAnswered = onAnswered ?? this.#onAnswered;
    const { clock, scheduler } = this.#context;
    return pushAll(reports, {
      declared: this.#declared,
      isReportable: this.#reasonNotReportable,
      clock,
      scheduler,
      pacer: this.#signals.pacer,
      channel: this.#signals.channel,
      isStopped: () => this.#context.calls.signal.aborted,
    });
  }

  /**
   * The signals that these reports would be, as they would leave but for the machine that sends them; nothing is sent.
   *
   * @throws CrowdsecError `CROWDSEC_OPTION_INVALID` or `CROWDSEC_SCENARIO_UNDECLARED` with the path of the first wrong one
   */
  build(reports: readonly (Report | Whisper)[]): readonly Signal[] {
    const context = { declared: this.#declared, now: this.#context.clock.now() };
    return reports.map((report, index) => {
      const kind = 'decision' in report ? 'decision' : 'whisper';
      return buildSignal(checkReport(report, kind, { ...context, path: `signals[${index}]` }).facts, randomUUID());
    });
  }

  /** Sends the oldest signals that wait, if a call may leave now. */
  flush(): Promise<FlushResult> {
    return this.#signals.buffer.flush();
  }

  /** Puts the signals that were set aside back among those that wait. */
  retryPoisoned(): Promise<RetryResult> {
    return this.#signals.buffer.retryPoisoned();
  }

  /** Forgets signals that were set aside; how many. */
  dropPoisoned(isDropped: (poisoned: PoisonedSignal) => boolean): Promise<number> {
    return this.#inTurn((lease) => dropPoisoned(this.#agentStore.store, lease, isDropped));
  }

  /** Ends calls that are on their way, and gives back connections. */
  async close(): Promise<void> {
    this.#timers.stop();
    const { http, lapi } = this.#networks;
    await Promise.all([this.#decisions.refresher.stop(), lapi?.decisions.stop()]);
    this.#context.calls.abort(new CrowdsecError('CROWDSEC_STOPPED', 'The command has ended.'));
    await Promise.allSettled([http.close(), lapi?.close(), this.#agentStore.store.close()]);
    await this.#agentStore.identityCopy?.close();
    this.#context.promises.release();
  }

  #inTurn<T>(work: (lease: Lease) => Promise<T>): Promise<T> {
    const wanted = { name: TURN_LEASE, ttlMs: TURN_LEASE_MS, waitMs: TURN_WAIT_MS };
    return underLease(this.#agentStore.store, this.#context.scheduler, wanted, work);
  }

  #withCapi(): CapiNetwork {
    const { capi } = this.#networks;
    if (capi !== undefined) return capi;
    throw new CrowdsecError(
      'CROWDSEC_OPTION_INVALID',
      "options.env: this speaks to CrowdSec's Central API, which the options do not name: give `env` or `apiUrl`.",
      { path: 'options.env' },
    );
  }
}

/** The channel, with a listener that is told of what got through. */
function told(channel: ReportChannel, onAnswered: (count: number) => void): ReportChannel {
  return {
    name: channel.name,
    pace: channel.pace,
    callTimeoutMs: channel.callTimeoutMs,
    prepare: () => channel.prepare(),
    push: async (signals, beforeCall) => {
      await channel.push(signals, beforeCall);
      onAnswered(signals.length);
    },
    provesBlame: (error) => channel.provesBlame?.(error) === true,
  };
}

/** Timers that end together. */
class DisposableTimers implements Scheduler {
  readonly #scheduler: Scheduler;
  readonly #handles = new Set<Disposable>();
  #isStopped = false;

  constructor(scheduler: Scheduler) {
    this.#scheduler = scheduler;
  }

  schedule(name: string, delayMs: number, run: () => void | Promise<void>): Disposable {
    if (this.#isStopped) return { [Symbol.dispose]: () => undefined };
    const handle = this.#scheduler.schedule(name, delayMs, () => {
      this.#handles.delete(handle);
      return run();
    });
    this.#handles.add(handle);
    return handle;
  }

  stop(): void {
    this.#isStopped = true;
    for (const handle of this.#handles) handle[Symbol.dispose]();
    this.#handles.clear();
  }
}
