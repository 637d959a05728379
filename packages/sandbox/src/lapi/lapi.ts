import type { AddressInfo } from 'node:net';
import type { DelayScheduler } from '../scheduler.js';
import { Delays } from '../scheduler.js';
import { CallLog, type Call } from '../calls.js';
import type { TimeSource } from '../clock.js';
import { Faults } from '../faults.js';
import { urlOf } from '../listening-url.js';
import { LapiAllowlist } from './allowlists.js';
import { Alerts, type LapiAlert } from './alerts.js';
import { Bouncers, type LapiBouncer } from './bouncers.js';
import type { LapiBackend } from './backend.js';
import { DecisionDatabase, type LapiDecision, type LapiDecisionInput } from './decision-database.js';
import { createLapiServer } from './server.js';
import { Watchers, type LapiMachine } from './watchers.js';
import type { LapiOptions } from './lapi-options.js';

/** A running stand-in for an engine's local API (LAPI). */
export interface SandboxLapi {
  /** The root without `/v1`; for a unix socket, `unix:` and its path. */
  readonly url: string;
  /** Everything that was received, in order of arrival, with what was answered. */
  readonly calls: readonly Call[];
  readonly faults: Pick<Faults, 'add' | 'clear'>;
  /** Makes a bouncer and returns its API key, as `cscli bouncers add` does. */
  addBouncer(name: string): string;
  removeBouncer(name: string): void;
  readonly bouncers: readonly LapiBouncer[];
  /** Makes a machine, as `cscli machines add` does. */
  addMachine(credentials: { readonly machineId: string; readonly password: string }): void;
  /** Validates a machine that registered itself, as `cscli machines validate` does. */
  validateMachine(machineId: string): void;
  readonly machines: readonly LapiMachine[];
  readonly decisions: LapiDecisions;
  readonly alerts: readonly LapiAlert[];
  /** Replaces the addresses and ranges of the engine's allowlist: alerts about them that bring no decision are taken and dropped. */
  setAllowlist(values: readonly string[]): void;
  /**
   * From now on each push that holds an alert for which this gives a reason is refused whole, with 500 and that message:
   * `validation failure list: …` for what is wrong with it, `database is locked` for what passes.
   */
  rejectAlerts(reasonOf: (body: LapiAlert['body']) => string | undefined): void;
  /** Removes alerts with their decisions, of which no stream tells. */
  deleteAlerts(isWanted: (alert: LapiAlert) => boolean): number;
  /** The remediation components of accepted pushes of usage metrics, in order. */
  readonly usageMetrics: readonly Readonly<Record<string, unknown>>[];
  /** Forgets all tokens and drops all connections, as a restart of the engine does; decisions and cursors stay. */
  restart(): void;
  /** Tells of each call once it is answered. Disposing of the handle ends it. */
  onCall(listener: (call: Call) => void): Disposable;
}

/** The decisions of the engine. */
export interface LapiDecisions {
  /** Adds decisions, as `cscli decisions add` and imports do. */
  add(decisions: readonly LapiDecisionInput[]): readonly LapiDecision[];
  /** Ends the decisions about these values, as `cscli decisions delete` does; how many there were. */
  delete(values: readonly string[]): number;
  /** Those in force. */
  active(): readonly LapiDecision[];
}

/** Starts a stand-in for a local API; `stop` ends it. */
export async function startLapi(
  options: LapiOptions,
  shared: { readonly clock: TimeSource; readonly scheduler: DelayScheduler; readonly random: () => number },
): Promise<{ readonly lapi: SandboxLapi; readonly stop: () => Promise<void> }> {
  const backend = createBackend(options, shared);
  const server = createLapiServer(backend);
  const { socket, host = '127.0.0.1', port = 0 } = options;
  await server.listen(socket === undefined ? { host, port } : { path: socket });
  const url = socket === undefined ? urlOf(server.server.address() as AddressInfo) : `unix:${socket}`;
  const stop = async (): Promise<void> => {
    backend.delays.giveUpAll();
    await server.close();
  };
  return { lapi: faceOf(backend, url, () => server.server.closeAllConnections()), stop };
}

function createBackend(
  { engine = 'newest', profiles = true, tokenLifeMs = 3_600_000, maxCalls = 10_000 }: LapiOptions,
  { clock, scheduler, random }: Parameters<typeof startLapi>[1],
): LapiBackend {
  const decisions = new DecisionDatabase(clock);
  const allowlist = new LapiAllowlist();
  return {
    engine,
    clock,
    calls: new CallLog(maxCalls),
    faults: new Faults(random),
    delays: new Delays(scheduler),
    bouncers: new Bouncers(),
    watchers: new Watchers(clock, tokenLifeMs),
    decisions,
    allowlist,
    alerts: new Alerts(clock, decisions, { profiles, isAllowed: (value) => allowlist.holds(value) }),
    usageMetrics: [],
  };
}

function faceOf(backend: LapiBackend, url: string, dropConnections: () => void): SandboxLapi {
  const { calls, faults, bouncers, watchers, decisions, alerts, usageMetrics } = backend;
  return {
    url,
    get calls() {
      return calls.all;
    },
    faults,
    addBouncer: (name) => bouncers.add(name),
    removeBouncer: (name) => bouncers.remove(name),
    get bouncers() {
      return bouncers.all();
    },
    addMachine: (credentials) => watchers.add(credentials),
    validateMachine: (machineId) => watchers.validate(machineId),
    get machines() {
      return watchers.all();
    },
    decisions: {
      add: (inputs) => decisions.add(inputs),
      delete: (values) => {
        const wanted = new Set(values);
        return decisions.end(({ value }) => wanted.has(value));
      },
      active: () => decisions.active(),
    },
    get alerts() {
      return alerts.all();
    },
    setAllowlist: (values) => backend.allowlist.set(values),
    rejectAlerts: (reasonOf) => alerts.reject(reasonOf),
    deleteAlerts: (isWanted) => alerts.delete(isWanted),
    usageMetrics,
    restart: () => {
      watchers.forgetTokens();
      dropConnections();
    },
    onCall: (listener) => calls.listen(listener),
  };
}
