import { LapiAllowlists } from '../lapi/allowlists.js';
import { LapiAlerts } from '../lapi/alerts.js';
import { LapiDecisions } from '../lapi/lapi-decisions.js';
import { deleteDecisions, type DeletedTarget } from '../lapi/delete-decisions.js';
import { MachineClient } from '../lapi/machine-client.js';
import { MachineLogin, type MachineLoginState } from '../lapi/machine-login.js';
import type { ParsedLapiOptions } from '../lapi/options.js';
import type { LapiTransport } from '../lapi/transport.js';
import { UsageMetrics } from '../lapi/usage-metrics.js';
import type { HeldDecisions, UsageCounts } from '../lapi/usage-report.js';
import { USER_AGENT_TYPE } from '../lapi/user-agent.js';
import type { Network } from '../networks/network.js';
import type { RemediationEngine } from '../remediation/remediation-engine.js';
import { secretOf } from '../secret-file.js';
import type { Store } from '../store/store.js';
import type { AgentContext } from './agent-context.js';
import { tellReady } from './ready-line.js';
import { streamFilterOf } from './lapi-stream-identity.js';
import { createLapiConnections, type LapiConnections } from './lapi-connections.js';

/** The agent's side of a local API: the decisions that it holds, and the machine that reports. */
export interface LapiNetwork extends Network {
  readonly name: 'lapi';
  readonly decisions: LapiDecisions;
  /** Its calls as the bouncer. */
  readonly bouncer: LapiTransport;
  readonly reports?: LapiAlerts | undefined;
  /** What the operator never wants to see banned. Absent without a machine. */
  readonly allowlists?: LapiAllowlists | undefined;
  /** What is known of the machine's login; absent without a machine. */
  readonly machine?: MachineLoginState | undefined;
  /** Ends decisions of the engine; resolves how many there were. Absent without a machine. */
  readonly deleteDecisions?: ((target: DeletedTarget) => Promise<number>) | undefined;
}

export interface LapiNetworkParts {
  readonly store: Store;
  readonly engine: Pick<RemediationEngine, 'swapLayer'>;
  /** What the machine tells at login: everything that may be reported. */
  readonly scenarios: readonly string[];
  /** What became of the requests of this process; `undefined` when nobody is told of them. */
  readonly usage: UsageCounts | undefined;
  /** What is held now. */
  readonly held: () => HeldDecisions;
}

/** The agent's side of the local API; `undefined` when the options name none. */
export function createLapiNetwork(context: AgentContext, parts: LapiNetworkParts): LapiNetwork | undefined {
  const { lapi } = context.options;
  if (lapi === undefined) return undefined;
  const connections = createLapiConnections(context, lapi);
  const machine = createMachine(context, { lapi, connections, scenarios: parts.scenarios });
  const usage = createUsageMetrics(context, parts, connections);
  const decisions = createLapiDecisions(context, { ...parts, lapi, connections });
  return {
    name: 'lapi',
    decisions,
    bouncer: connections.bouncer,
    ...(machine && {
      reports: new LapiAlerts({ machine: machine.client, decisions: lapi.decisions, clock: context.clock }),
      allowlists: new LapiAllowlists({ machine: machine.client, clock: context.clock }),
      deleteDecisions: (target: DeletedTarget) => deleteDecisions(machine.client, target),
    }),
    get machine() {
      return machine?.login.state;
    },
    start: async () => {
      await decisions.start();
      usage?.start();
    },
    runDue: async () => void (await Promise.all([decisions.runDue(), usage?.pushIfDue()])),
    stop: async () => void (await Promise.all([decisions.stop(), usage?.stop()])),
    close: () => connections.close(),
  };
}

function createLapiDecisions(
  { options, clock, scheduler, logger, events, measurePull }: AgentContext,
  parts: Pick<LapiNetworkParts, 'store' | 'engine'> & {
    readonly lapi: ParsedLapiOptions;
    readonly connections: LapiConnections;
  },
): LapiDecisions {
  const { lapi, connections, store, engine } = parts;
  const decisions: LapiDecisions = new LapiDecisions({
    transport: connections.bouncer,
    credential: connections.credentialHash,
    hasCertificate: connections.hasCertificate,
    filter: streamFilterOf(lapi, options.geo !== undefined),
    intervalMs: lapi.updateIntervalMs,
    store,
    engine,
    clock,
    scheduler,
    logger,
    measurePull,
    listener: {
      refreshed: (result) => events.emit('refreshed', result),
      failed: (details) => events.emit('refreshFailed', details),
      ready: ({ decisions: count }) => {
        const { url, nextPullAt } = decisions.health;
        tellReady({ logger }, { peer: `LAPI at ${url}`, decisions: count, nextPullAt });
      },
    },
  });
  return decisions;
}

function createMachine(
  { clock, logger }: AgentContext,
  parts: {
    readonly lapi: ParsedLapiOptions;
    readonly connections: LapiConnections;
    readonly scenarios: readonly string[];
  },
): { readonly login: MachineLogin; readonly client: MachineClient } | undefined {
  const { machine } = parts.lapi;
  if (machine === undefined) return undefined;
  const { machineId, password: value, passwordFile: file } = machine;
  const password = secretOf({ value, file }, 'options.lapi.machine.password');
  const { machine: transport } = parts.connections;
  const login = new MachineLogin({
    transport,
    machine: machineId === undefined || password === undefined ? undefined : { machineId, password },
    scenarios: parts.scenarios,
    clock,
    logger,
  });
  return { login, client: new MachineClient({ transport, login }) };
}

function createUsageMetrics(
  { options, clock, scheduler, logger }: AgentContext,
  { store, usage, held }: LapiNetworkParts,
  { bouncer }: LapiConnections,
): UsageMetrics | undefined {
  if (usage === undefined) return undefined;
  return new UsageMetrics({
    transport: bouncer,
    store,
    clock,
    scheduler,
    logger,
    component: {
      type: USER_AGENT_TYPE,
      name: options.namespace ?? options.userAgentSuffix,
      version: options.userAgentVersion,
    },
    counts: () => usage,
    held,
  });
}
