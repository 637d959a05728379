import type { Crowdsec } from './agent.js';
import { banRemedy } from './bouncer/ban-remedy.js';
import { Bouncer } from './bouncer/bouncer.js';
import { pickBouncerOptions } from './bouncer/options.js';
import { apiRoot } from './capi/api-root.js';
import { CapiClient } from './capi/client.js';
import { defaultFetch } from './capi/default-fetch.js';
import type { EnrollOptions, EnrollResult } from './capi/enroll.js';
import { Session } from './capi/session.js';
import { Transport } from './capi/transport.js';
import { userAgent } from './capi/user-agent.js';
import { systemClock, type Clock } from './clock.js';
import { LocalDecisions, type LocalDecision } from './decisions/local-decisions.js';
import {
  checkDecision,
  checkTarget,
  type CheckedDecision,
  type LocalDecisionRequest,
  type LocalDecisionResult,
} from './decide.js';
import type { DecisionMatch } from './decisions/row-source.js';
import { Emitter } from './emitter.js';
import { CrowdsecError, messageOf } from './errors.js';
import type { CrowdsecEvents } from './events.js';
import type { Actions } from './extensions/acting.js';
import type { AppEventKind, AppFacts } from './extensions/detection-event.js';
import { checkRemedies } from './extensions/check-extensions.js';
import { ExtensionHost } from './extensions/host.js';
import { judge, type Health } from './health.js';
import { interfaceIps } from './interface-ips.js';
import { parsePrefix, PrefixSet, type IpPrefix } from './ip/prefix.js';
import { isPublicPrefix } from './ip/public.js';
import { formatIp } from './ip/address.js';
import { consoleLogger, type Logger } from './logger.js';
import { parseOptions, type CrowdsecOptions } from './options.js';
import { LocalDecisionsSync } from './refresh/local-decisions-sync.js';
import { Refresher } from './refresh/refresher.js';
import type { RefreshResult } from './refresh/refresh-result.js';
import type { GeoSource } from './remediation/geo-source.js';
import type { IpRemediation } from './remediation/ip-remediation.js';
import { RemediationEngine } from './remediation/remediation-engine.js';
import { atMost, timerScheduler, type Scheduler } from './scheduler.js';
import { SignalBuffer } from './signals/buffer.js';
import { Pacer } from './signals/pacer.js';
import { poisonedSignals, type PoisonedSignal } from './signals/poisoned.js';
import { pushAll } from './signals/push-all.js';
import type { FlushResult, PushResult, Receipt, Report, Whisper } from './signals/report.js';
import { capiSource } from './sources/capi-source.js';
import { openStore } from './store/open-store.js';
import type { Store } from './store/store.js';

const STOP_DEADLINE_MS = 10_000;
const SIGNALS_TIMEOUT_MS = 10_000;
/** How soon a store that was out of reach at the start is asked again. */
const STORE_RETRY_MS = 5_000;

/**
 * Makes a soft agent. Nothing is opened or sent before {@link Crowdsec.start}.
 *
 * @throws CrowdsecError `CROWDSEC_OPTION_INVALID` with the path of the wrong option
 */
export function createCrowdsec(options: CrowdsecOptions): Crowdsec {
  return new Agent(options);
}

/** Composes the options, wires the rooms, and has no policy of its own. */
class Agent implements Crowdsec {
  readonly userAgent: string;
  readonly bouncer: Bouncer;
  readonly #clock: Clock;
  readonly #scheduler: Scheduler;
  readonly #logger: Logger;
  readonly #events: Emitter<CrowdsecEvents>;
  readonly #declared: ReadonlySet<string>;
  readonly #store: Store;
  readonly #session: Session;
  readonly #client: CapiClient;
  readonly #engine: RemediationEngine;
  readonly #local = new LocalDecisions();
  readonly #localSync: LocalDecisionsSync;
  readonly #refresher: Refresher;
  readonly #pacer: Pacer;
  readonly #signals: SignalBuffer;
  readonly #extensions: ExtensionHost;
  readonly #closeFetch: () => Promise<void>;
  readonly #geoSource: GeoSource | undefined;
  #geoFailure: string | undefined;
  #state: 'new' | 'started' | 'stopped' = 'new';
  #openFailed = false;
  #storeJob: Disposable | undefined;

  constructor(given: CrowdsecOptions) {
    const options = parseOptions(given);
    const root = apiRoot(options);
    const clock = (this.#clock = options.clock ?? systemClock);
    const scheduler = (this.#scheduler = options.scheduler ?? timerScheduler);
    const logger = (this.#logger = options.logger ?? consoleLogger());
    const events = (this.#events = new Emitter<CrowdsecEvents>(logger));
    const { fetch, close } =
      options.fetch === undefined ? defaultFetch() : { fetch: options.fetch, close: () => Promise.resolve() };
    this.#closeFetch = close;
    this.userAgent = userAgent({ suffix: options.userAgentSuffix, version: options.userAgentVersion });

    const store = (this.#store = openStore({
      store: options.store,
      stateDir: options.stateDir,
      namespace: options.namespace ?? 'default',
      apiRoot: root,
      ephemeral: options.ephemeral,
      clock,
      logger,
      deadlineMs: options.storeTimeoutMs,
    }));

    const ownIps = PrefixSet.from([...options.ownIps, ...interfaceIps()], 'options.ownIps');
    const shield = (prefix: IpPrefix): ReturnType<Actions['shielded']> => {
      if (!isPublicPrefix(prefix)) return 'non-public-ip';
      if (ownIps.touches(prefix)) return 'own-ip';
      return this.#engine.isAllowed(formatIp(prefix)) ? 'allowlisted-ip' : undefined;
    };
    this.#extensions = new ExtensionHost({
      extensions: options.extensions,
      actions: {
        shielded: (address) => {
          const prefix = parsePrefix(address);
          return prefix && shield(prefix);
        },
        decide: (decision) => this.#decideUnlessStronger(decision),
        report: (report) => this.report(report),
        whisper: (whisper) => this.whisper(whisper),
      },
      store,
      clock,
      scheduler,
      logger,
      listener: {
        detected: (detection) => events.emit('detected', detection),
        changed: (change) => events.emit('extensionChanged', change),
      },
    });
    checkRemedies(options.extensions, options.remediations);
    this.#declared = new Set([...options.scenarios, ...this.#extensions.scenarios]);

    // Beside a store of the user, a folder keeps a copy of the identity.
    const copy =
      options.store === undefined || options.stateDir === undefined
        ? undefined
        : openStore({
            stateDir: options.stateDir,
            namespace: options.namespace ?? 'default',
            apiRoot: root,
            clock,
            logger,
          });

    const transport = new Transport({ root, userAgent: this.userAgent, fetch });
    this.#session = new Session({
      store,
      ...(copy === undefined ? {} : { copy }),
      transport,
      clock,
      scheduler,
      logger,
      scenarios: [...this.#declared],
      machineIdPrefix: options.machineIdPrefix,
      ...(options.credentials === undefined ? {} : { credentials: options.credentials }),
      ephemeral: options.ephemeral,
      timeoutMs: options.timeoutMs,
      onRegistered: (details) => events.emit('registered', details),
      onLoggedIn: (details) => events.emit('loggedIn', details),
    });
    const client = (this.#client = new CapiClient({ session: this.#session, transport, timeoutMs: options.timeoutMs }));

    const engine = (this.#engine = new RemediationEngine({
      remediations: options.remediations,
      fallbackRemediation: options.fallbackRemediation,
      bouncingLevel: options.bouncingLevel,
      geo: typeof options.geo === 'function' ? options.geo : undefined,
      clock,
      logger,
      local: this.#local,
    }));
    this.#geoSource = typeof options.geo === 'object' ? options.geo : undefined;
    this.#localSync = new LocalDecisionsSync({ local: this.#local, store, clock, scheduler, logger });
    this.#refresher = new Refresher({
      store,
      sources: [
        capiSource({
          getStreamDecisions: (query) => client.getStreamDecisionsText(query),
          allowHttpLists: root.startsWith('http:'),
        }),
        ...options.extensions.flatMap(({ sources = [] }) => sources),
      ],
      engine,
      clock,
      scheduler,
      logger,
      intervalMs: options.refreshIntervalMs,
      fetch,
      listener: {
        refreshed: (result) => events.emit('refreshed', result),
        failed: (details) => events.emit('refreshFailed', details),
        storeEmptied: () => this.#session.putBackIfForgotten(),
      },
    });

    // A call that is not answered soon is repeated later; until then nobody else may send.
    const callTimeoutMs = Math.min(options.timeoutMs, SIGNALS_TIMEOUT_MS);
    this.#pacer = new Pacer({ store, clock, callTimeoutMs });
    this.#signals = new SignalBuffer({
      store,
      pacer: this.#pacer,
      clock,
      scheduler,
      logger,
      declared: this.#declared,
      isReportable: shield,
      prepare: () => this.#session.token(),
      push: (signals) => client.pushSignals(signals, { timeoutMs: callTimeoutMs }),
      bufferSize: options.bufferSize,
      bufferBytes: options.bufferBytes,
      mergeWindowMs: options.mergeWindowMs,
      journalDelayMs: options.journalDelayMs,
      listener: {
        buffered: (signal) => events.emit('signalBuffered', signal),
        refused: (signal) => events.emit('signalRefused', signal),
        evicted: (signal) => events.emit('signalEvicted', signal),
        sent: (details) => events.emit('signalsSent', details),
        failed: (details) => events.emit('signalsFailed', details),
        poisoned: (details) => events.emit('signalPoisoned', details),
      },
    });

    this.bouncer = new Bouncer({
      ...pickBouncerOptions(options),
      getIpRemediation: (ip) => engine.getIpRemediation(ip),
      remedies: { ...this.#extensions.remedies({ ban: banRemedy(options.ban) }), ...options.remedies },
      observer: this.#extensions,
      logger,
      clock,
      scheduler,
      onBlocked: (blocked) => events.emit('requestBlocked', blocked),
    });
  }

  async start(): Promise<void> {
    if (this.#state === 'started') return;
    if (this.#state === 'stopped') throw stopped();
    this.#state = 'started';
    await Promise.all([this.#open(), this.#openGeo(), this.#extensions.start()]);
  }

  async stop(options: { readonly deadlineMs?: number } = {}): Promise<void> {
    if (this.#state !== 'started') {
      this.#state = 'stopped';
      return;
    }
    this.#state = 'stopped';
    this.#storeJob?.[Symbol.dispose]();
    await whileAlive(this.#close(options.deadlineMs ?? STOP_DEADLINE_MS));
  }

  getIpRemediation(ip: string): IpRemediation {
    return this.#engine.getIpRemediation(ip);
  }

  explain(ip: string): readonly DecisionMatch[] {
    return this.#engine.explain(ip);
  }

  decide(decision: LocalDecisionRequest): LocalDecisionResult {
    return this.#decide(checkDecision(decision));
  }

  #decide({ value, type, duration, durationMs, scenario, report }: CheckedDecision): LocalDecisionResult {
    const where = value.includes('/') ? { range: value } : { ip: value };
    // First, for it throws when the scenario is not declared, and then nothing is decided.
    const receipt = report ? this.report({ ...where, scenario, decision: { type, duration } }) : undefined;
    const { expiresAt } = this.#local.add({ value, type, durationMs, scenario }, this.#clock.now());
    return { value, expiresAt, stored: this.#localSync.save(), ...(receipt === undefined ? {} : { receipt }) };
  }

  /** For extensions, which never weaken what holds: of two decisions about the same, the stronger type stays, then the later end. */
  #decideUnlessStronger(decision: LocalDecisionRequest): LocalDecisionResult {
    const checked = checkDecision(decision);
    const { value, type, durationMs } = checked;
    const held = this.#local.of(value, this.#clock.now());
    if (held === undefined) return this.#decide(checked);
    const [rank, heldRank] = [this.#engine.rankOf(type), this.#engine.rankOf(held.type)];
    const isWeaker = rank > heldRank || (rank === heldRank && this.#clock.now() + durationMs <= held.expiresAt);
    return isWeaker ? { value, expiresAt: held.expiresAt, stored: Promise.resolve() } : this.#decide(checked);
  }

  lift(decision: { readonly ip?: string; readonly range?: string }): boolean {
    const lifted = this.#local.remove(checkTarget(decision), this.#clock.now()) !== undefined;
    if (lifted) void this.#localSync.save();
    return lifted;
  }

  localDecisions(): readonly LocalDecision[] {
    return this.#local.entries(this.#clock.now()).filter(({ lifted }) => !lifted);
  }

  refreshDecisions(): Promise<RefreshResult> {
    return this.#busy(() => this.#refresher.refresh());
  }

  report(report: Report): Receipt {
    return this.#signals.add(report, 'decision');
  }

  whisper(whisper: Whisper): Receipt {
    return this.#signals.add(whisper, 'whisper');
  }

  flushSignals(): Promise<FlushResult> {
    return this.#busy(() => this.#signals.flush());
  }

  pushSignals(reports: readonly (Report | Whisper)[]): Promise<PushResult> {
    return this.#busy(() =>
      pushAll(reports, {
        declared: this.#declared,
        clock: this.#clock,
        scheduler: this.#scheduler,
        pacer: this.#pacer,
        prepare: () => this.#session.token(),
        push: (signals) => this.#client.pushSignals(signals),
        isStopped: () => this.#state === 'stopped',
      }),
    );
  }

  observe(kind: AppEventKind, facts: AppFacts & { readonly ip: string }): void {
    this.#extensions.observe(kind, facts);
  }

  poisonedSignals(): Promise<readonly PoisonedSignal[]> {
    return poisonedSignals(this.#store);
  }

  enroll(options: EnrollOptions): Promise<EnrollResult> {
    return this.#busy(() => this.#client.enroll(options));
  }

  health(): Health {
    const now = this.#clock.now();
    const { index } = this.#engine;
    const { pulledAt, nextPullAt, isStale, lists } = this.#refresher;
    const { allowedAt, dueAt, reason } = this.#signals.pace;
    const { sent, poisoned, merged, evicted, refused } = this.#signals.counters;
    return judge({
      started: this.#state === 'started',
      geoFailure: this.#geoFailure,
      userAgent: this.userAgent,
      requests: this.bouncer.counts,
      identity: this.#session.state,
      decisions: {
        count: index.size,
        local: this.#local.size,
        origins: index.counts(now),
        ...(pulledAt === undefined ? {} : { pulledAt }),
        ...(nextPullAt === undefined ? {} : { nextPullAt }),
        stale: isStale,
        lists,
      },
      signals: {
        buffered: this.#signals.size,
        ...(dueAt === undefined ? {} : { nextFlushAt: dueAt }),
        nextFlushReason: reason,
        nextAllowedAt: allowedAt,
        sent,
        poisoned,
        merged,
        evicted,
        refused: Object.fromEntries(refused),
      },
      store: {
        description: this.#store.description,
        durable: this.#store.durable,
        shared: this.#store.shared,
        reachable: this.#store.reachable,
      },
      extensions: this.#extensions.health,
      droppedEvents: this.#extensions.droppedEvents,
      cappedScenarios: this.#extensions.cappedScenarios,
    });
  }

  on<Name extends keyof CrowdsecEvents>(event: Name, listener: (details: CrowdsecEvents[Name]) => void): Disposable {
    return this.#events.on(event, listener);
  }

  async runDue(): Promise<void> {
    if (this.#state !== 'started') return;
    const jobs = [this.#refresher.refreshIfDue(), this.#extensions.runDue().then(() => this.#signals.flushIfDue())];
    for (const job of await whileAlive(Promise.allSettled(jobs))) {
      if (job.status === 'rejected') this.#logger.warn(messageOf(job.reason));
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
  }

  /** Reads what the store knows and starts the jobs; a store out of reach is asked again until it answers. */
  async #open(): Promise<void> {
    const opened = await Promise.allSettled([
      this.#session.load(),
      this.#refresher.start(),
      this.#localSync.start(),
      this.#signals.start(),
    ]);
    const failed = opened.find((part) => part.status === 'rejected');
    if (failed === undefined) {
      if (this.#openFailed) this.#logger.info('The store is back.');
      this.#openFailed = false;
      return;
    }
    if (!this.#openFailed) {
      this.#logger.warn(
        `The agent serves from memory and sends nothing until its store answers: ${messageOf(failed.reason)}`,
      );
    }
    this.#openFailed = true;
    if (this.#state === 'started')
      this.#storeJob = this.#scheduler.schedule('crowdsec:store', STORE_RETRY_MS, () => this.#open());
  }

  async #openGeo(): Promise<void> {
    if (this.#geoSource === undefined) return;
    try {
      this.#engine.useGeo(await this.#geoSource.open());
    } catch (error) {
      this.#geoFailure = `Decisions about countries and networks do not apply: ${messageOf(error)}`;
      this.#logger.warn(this.#geoFailure);
    }
  }

  async #close(deadlineMs: number): Promise<void> {
    await atMost(deadlineMs, this.#extensions.stop(), { scheduler: this.#scheduler, name: 'crowdsec:stop' });
    await atMost(deadlineMs, this.#refresher.stop(), { scheduler: this.#scheduler, name: 'crowdsec:stop' });
    await this.#localSync.stop();
    await this.#signals.stop(deadlineMs);
    await this.#store.close().catch((error: unknown) => this.#logger.warn(messageOf(error)));
    await this.#closeFetch();
  }

  #busy<T>(work: () => Promise<T>): Promise<T> {
    return this.#state === 'stopped' ? Promise.reject(stopped()) : whileAlive(work());
  }
}

function stopped(): CrowdsecError {
  return new CrowdsecError('CROWDSEC_STOPPED', 'The agent was stopped; create a new one.');
}

/** Holds the process while somebody waits: the agent's own timers do not. */
async function whileAlive<T>(work: Promise<T>): Promise<T> {
  const hold = setInterval(() => undefined, 2 ** 30);
  try {
    return await work;
  } finally {
    clearInterval(hold);
  }
}
