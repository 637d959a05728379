import type { Crowdsec } from './agent.js';
import type { Bouncer } from './bouncer/bouncer.js';
import type { EnrollOptions, EnrollResult } from './capi/enroll.js';
import { userAgent } from './capi/user-agent.js';
import type { Captcha } from './captcha/captcha.js';
import { createAgentAppsec, type AgentAppsec } from './composition/agent-appsec.js';
import { createAgentBouncer } from './composition/agent-bouncer.js';
import { createAgentCaptcha } from './composition/agent-captcha.js';
import { createAgentContext, type AgentContext } from './composition/agent-context.js';
import { createAgentDecisions, type AgentDecisions } from './composition/agent-decisions.js';
import { createAgentExtensions } from './composition/agent-extensions.js';
import { createAgentNetworks, type AgentNetworks } from './composition/agent-networks.js';
import { needCapi } from './composition/capi-network.js';
import { openGeo } from './composition/open-geo.js';
import { extensionActions } from './composition/extension-actions.js';
import { agentHealth } from './composition/agent-health.js';
import { createAgentMetrics } from './composition/agent-metrics.js';
import { createAgentSignals, type AgentSignals } from './composition/agent-signals.js';
import { openAgentStore } from './composition/agent-store.js';
import { StoreOpening } from './composition/store-opening.js';
import { createStoreWatches, type StoreWatches } from './composition/store-watches.js';
import { LocalDecisionWriter } from './composition/local-decision-writer.js';
import { reportExclusions, type ReasonNotReportable } from './composition/report-exclusions.js';
import { refreshNetworks } from './composition/refresh-networks.js';
import { tellStart } from './composition/start-line.js';
import { stopAgent, stopped } from './composition/stop-agent.js';
import type { LocalDecisionRequest, LocalDecisionResult } from './decide.js';
import type { LocalDecision } from './decisions/local-decisions.js';
import type { DecisionMatch } from './decisions/row-source.js';
import { messageOf } from './errors.js';
import type { CrowdsecEvents } from './events.js';
import type { AppEventKind, ObservedFacts } from './extensions/detection-event.js';
import type { ExtensionHost } from './extensions/host.js';
import type { Health } from './health.js';
import { liftAtEngine, type LiftAtEngineRequest } from './lift-at-engine.js';
import { keepProcessAlive } from './keep-process-alive.js';
import { parseOptions, type CrowdsecOptions } from './options.js';
import type { RefreshResult } from './refresh/refresh-result.js';
import type { IpRemediation } from './remediation/ip-remediation.js';
import { poisonedSignals, type PoisonedSignal, type RetryResult } from './signals/poisoned.js';
import { pushAll } from './signals/push-all.js';
import type { FlushResult, PushResult, Receipt, Report, Whisper } from './signals/report.js';
import type { Store } from './store/store.js';
import type { AgentMetrics } from './telemetry/agent-metrics.js';

const STOP_DEADLINE_MS = 10_000;

/**
 * Makes a soft agent. Nothing is opened or sent before {@link Crowdsec.start}.
 *
 * @throws CrowdsecError `CROWDSEC_OPTION_INVALID` with the path of the wrong option
 */
export function createCrowdsec(options: CrowdsecOptions): Crowdsec {
  return new Agent(options);
}

/** Composes the parts (`composition/`) and runs their life: start, stop, runDue. It has no policy of its own. */
class Agent implements Crowdsec {
  readonly userAgent: string;
  readonly bouncer: Bouncer;
  readonly #context: AgentContext;
  readonly #declared: ReadonlySet<string>;
  readonly #reasonNotReportable: ReasonNotReportable;
  readonly #store: Store;
  readonly #storeOpening: StoreOpening;
  readonly #storeWatches: StoreWatches;
  readonly #networks: AgentNetworks;
  readonly #decisions: AgentDecisions;
  readonly #localDecisions: LocalDecisionWriter;
  readonly #signals: AgentSignals;
  readonly #extensions: ExtensionHost;
  readonly #captcha: Captcha | undefined;
  readonly #appsec: AgentAppsec | undefined;
  readonly #metrics: AgentMetrics;
  #geoFailure: string | undefined;
  #state: 'new' | 'started' | 'stopped' = 'new';

  constructor(given: CrowdsecOptions) {
    const options = parseOptions(given);
    const context = (this.#context = createAgentContext(options));
    this.userAgent = userAgent({ suffix: options.userAgentSuffix, version: options.userAgentVersion });
    const agentStore = openAgentStore(context);
    const store = (this.#store = agentStore.store);
    const reasonNotReportable = (this.#reasonNotReportable = reportExclusions({
      ownIps: options.ownIps,
      isAllowed: (address) => this.#decisions.engine.isAllowed(address),
    }));
    const actions = extensionActions(this, { reasonNotReportable, localDecisions: () => this.#localDecisions });
    this.#extensions = createAgentExtensions(context, { store, actions });
    this.#declared = new Set([...options.scenarios, ...this.#extensions.scenarios]);
    this.#storeWatches = createStoreWatches(context, { store, scenarios: this.#declared });
    const networks = (this.#networks = createAgentNetworks(context, {
      ...agentStore,
      scenarios: [...this.#declared],
      userAgent: this.userAgent,
      decisions: () => this.#decisions,
      signals: () => this.#signals,
    }));
    this.#decisions = createAgentDecisions(context, { store, ...networks, userAgent: this.userAgent });
    this.#signals = createAgentSignals(context, {
      store,
      channel: networks.reports,
      declared: this.#declared,
      reasonNotReportable,
    });
    const captcha = (this.#captcha = createAgentCaptcha(context, { store, fetch: networks.http.fetch }));
    const opened = { ...this.#decisions, networks: networks.all, signals: this.#signals.buffer, captcha };
    this.#storeOpening = new StoreOpening(context, opened);
    this.#localDecisions = new LocalDecisionWriter({
      ...this.#decisions,
      clock: context.clock,
      promises: context.promises,
      report: (report) => this.report(report),
    });
    const appsec = (this.#appsec = createAgentAppsec(context));
    const parts = { ...this.#decisions, ...networks, extensions: this.#extensions, captcha, appsec };
    this.bouncer = createAgentBouncer(context, parts);
    this.#metrics = createAgentMetrics(context, {
      bouncer: this.bouncer,
      decisions: this.#decisions,
      localDecisions: this.#localDecisions,
      health: () => this.health(),
      speaksToCapi: networks.capi !== undefined,
    });
  }

  async start(): Promise<void> {
    if (this.#state === 'started') return;
    if (this.#state === 'stopped') throw stopped();
    this.#state = 'started';
    this.#metrics.start();
    tellStart(this.#context, this.#networks.all, this.#store);
    await Promise.all([this.#openStore(), this.#openGeo(), this.#extensions.start()]);
  }

  async stop(options: { readonly deadlineMs?: number } = {}): Promise<void> {
    if (this.#state !== 'started') {
      this.#state = 'stopped';
      return;
    }
    this.#state = 'stopped';
    this.#storeOpening.stop();
    this.#metrics.stop();
    const deadlineMs = options.deadlineMs ?? STOP_DEADLINE_MS;
    await keepProcessAlive(
      stopAgent(this.#context, deadlineMs, {
        ...this.#decisions,
        signals: this.#signals.buffer,
        extensions: this.#extensions,
        networks: this.#networks.all,
        http: this.#networks.http,
        appsec: this.#appsec,
        store: this.#store,
        storeWatches: this.#storeWatches,
      }),
    );
  }

  getIpRemediation(ip: string): IpRemediation {
    return this.#decisions.engine.getIpRemediation(ip);
  }

  explain(ip: string): readonly DecisionMatch[] {
    return this.#decisions.engine.explain(ip);
  }

  decide(decision: LocalDecisionRequest): LocalDecisionResult {
    return this.#localDecisions.decide(decision);
  }

  lift(decision: { readonly ip?: string | undefined; readonly range?: string | undefined }): boolean {
    return this.#localDecisions.lift(decision);
  }

  liftAtEngine(decision: LiftAtEngineRequest): Promise<number> {
    return this.#unlessStopped(() => liftAtEngine(this.#networks.lapi?.deleteDecisions, decision));
  }

  localDecisions(): readonly LocalDecision[] {
    return this.#localDecisions.entries();
  }

  refreshDecisions(): Promise<RefreshResult> {
    return this.#unlessStopped(() => refreshNetworks(this.#decisions.refresher, this.#networks.lapi?.decisions));
  }

  report(report: Report): Receipt {
    return this.#signals.buffer.add(report, 'decision');
  }

  whisper(whisper: Whisper): Receipt {
    return this.#signals.buffer.add(whisper, 'whisper');
  }

  flushSignals(): Promise<FlushResult> {
    return this.#unlessStopped(() => this.#signals.buffer.flush());
  }

  pushSignals(reports: readonly (Report | Whisper)[]): Promise<PushResult> {
    const { clock, scheduler } = this.#context;
    return this.#unlessStopped(() =>
      pushAll(reports, {
        declared: this.#declared,
        isReportable: this.#reasonNotReportable,
        clock,
        scheduler,
        pacer: this.#signals.pacer,
        channel: this.#signals.channel,
        isStopped: () => this.#state === 'stopped',
      }),
    );
  }

  observe(kind: AppEventKind, facts: ObservedFacts): void {
    this.#extensions.observe(kind, facts);
  }

  poisonedSignals(): Promise<readonly PoisonedSignal[]> {
    return poisonedSignals(this.#store);
  }

  retryPoisoned(): Promise<RetryResult> {
    return this.#unlessStopped(() => this.#signals.buffer.retryPoisoned());
  }

  enroll(options: EnrollOptions): Promise<EnrollResult> {
    return this.#unlessStopped(() => needCapi(this.#networks.capi, 'enroll()').client.enroll(options));
  }

  health(): Health {
    return agentHealth({
      started: this.#state === 'started',
      geoFailure: this.#geoFailure,
      userAgent: this.userAgent,
      clock: this.#context.clock,
      faults: this.#context.faults.all,
      bouncer: this.bouncer,
      captcha: this.#captcha,
      appsec: this.#appsec,
      identity: this.#networks.capi?.session.state,
      lapi: this.#networks.lapi,
      decisions: this.#decisions,
      localDecisions: this.#localDecisions,
      signals: this.#signals.buffer,
      store: this.#store,
      sharedNamespace: this.#storeWatches.sharedNamespace,
      extensions: this.#extensions,
    });
  }

  on<Name extends keyof CrowdsecEvents>(event: Name, listener: (details: CrowdsecEvents[Name]) => void): Disposable {
    return this.#context.events.on(event, listener);
  }

  async runDue(): Promise<void> {
    if (this.#state !== 'started') return;
    this.#metrics.register();
    const jobs = [
      this.#decisions.refresher.refreshIfDue(),
      this.#extensions.runDue().then(() => this.#signals.buffer.flushIfDue()),
      ...this.#networks.all.map((network) => network.runDue()),
    ];
    for (const job of await keepProcessAlive(Promise.allSettled(jobs))) {
      if (job.status === 'rejected')
        this.#context.logger.warn(messageOf(job.reason), { code: 'JOB_FAILED', error: job.reason });
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
  }

  async #openStore(): Promise<void> {
    await this.#storeOpening.start();
    // A stop may have come meanwhile.
    if (this.#state === 'started') await this.#storeWatches.start();
  }

  async #openGeo(): Promise<void> {
    this.#geoFailure = await openGeo(this.#context, this.#decisions.engine);
  }

  async #unlessStopped<T>(work: () => Promise<T>): Promise<T> {
    if (this.#state === 'stopped') throw stopped();
    return keepProcessAlive(work());
  }
}
