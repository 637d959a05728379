import { readFile, stat } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
import { startAppsec, type SandboxAppsec } from './appsec.js';
import type { Backend } from './backend.js';
import { CallLog, type Call } from './calls.js';
import { SandboxClock } from './clock.js';
import { DecisionFeed, type Decisions } from './decisions.js';
import { Faults } from './faults.js';
import { createAllowlistRegistry, createBlocklistRegistry, type Allowlists, type Blocklists } from './lists.js';
import { startLapi, type SandboxLapi } from './lapi/lapi.js';
import { parseList } from './list-file.js';
import { urlOf } from './listening-url.js';
import { LoginBurst } from './login-burst.js';
import { Machines, type Machine } from './machines.js';
import { withDefaults, type SandboxOptions } from './options.js';
import { Delays } from './scheduler.js';
import { createServer } from './server.js';
import { SignalInbox, type AcceptedSignal, type SignalRejection } from './signals.js';
import { StateFolder } from './state-folder.js';
import { Tokens } from './tokens.js';

/** A running stand-in for CAPI. */
export interface Sandbox extends AsyncDisposable {
  /** The API root without version and without trailing slash: clients append `/v3/…`. */
  readonly url: string;
  /** Everything that was received, in order of arrival, with what was answered. */
  readonly calls: readonly Call[];
  /** Every signal that was accepted, in order. */
  readonly signals: readonly AcceptedSignal[];
  /** The machines that are known. */
  readonly machines: readonly Machine[];
  readonly decisions: Decisions;
  readonly blocklists: Blocklists;
  readonly allowlists: Allowlists;
  readonly faults: Pick<Faults, 'add' | 'clear'>;
  readonly clock: SandboxClock;
  /** The stand-in for a local API; `undefined` unless the option `lapi` asked for it. */
  readonly lapi: SandboxLapi | undefined;
  /** The stand-in for AppSec; `undefined` unless the option `appsec` asked for it. */
  readonly appsec: SandboxAppsec | undefined;
  /** Makes a machine known without a registration; of one that is known already, only the password changes. */
  seedMachine(credentials: { readonly machineId: string; readonly password: string }): void;
  /** Declares signals poisoned: a call with one is answered 400 with the message. Disposing of the handle ends it. */
  rejectSignals(rejection: SignalRejection): Disposable;
  /** Tells of each call once it is answered. Disposing of the handle ends it. */
  onCall(listener: (call: Call) => void): Disposable;
  /**
   * Serves a published list (see {@link parseList}): as the community decisions, in place of others, or behind a link.
   *
   * @throws the error of reading the file; an `Error` for a file that holds text, but no address
   */
  loadBlocklist(file: string, options?: { readonly asList?: string }): Promise<LoadedList>;
  /** Ends open connections and delayed answers, and writes what is left to write. May be called twice. */
  stop(): Promise<void>;
}

/** What was found in a list file. */
export interface LoadedList {
  readonly entries: number;
  /** Lines that hold neither address nor range. */
  readonly skipped: number;
}

/**
 * Starts a stand-in for CAPI v3.
 *
 * @example
 * await using sandbox = await startSandbox();
 * sandbox.decisions.add([{ value: '198.51.100.7' }]);
 * // … point a client at sandbox.url, then look at sandbox.calls and sandbox.signals
 * @throws RangeError for an option out of range; the error of listening or of reading the state folder
 */
export async function startSandbox(options: SandboxOptions = {}): Promise<Sandbox> {
  const { backend, listensAt } = await createBackend(options);
  const { calls, signals, machines, decisions, blocklists, allowlists, faults, clock, delays, state } = backend;
  const server = createServer(backend);
  await server.listen({ port: backend.options.port, host: backend.options.host });
  const url = urlOf(server.server.address() as AddressInfo);
  listensAt(url);
  const engine = await startEngine(options, backend);

  const stop = async (): Promise<void> => {
    delays.giveUpAll();
    await Promise.all([server.close(), engine.stop()]);
    await state.flush();
  };
  return {
    url,
    get calls() {
      return calls.all;
    },
    get signals() {
      return signals.accepted;
    },
    get machines() {
      return machines.all();
    },
    decisions,
    blocklists,
    allowlists,
    faults,
    clock,
    lapi: engine.lapi,
    appsec: engine.appsec,
    seedMachine: ({ machineId, password }) => machines.add(machineId, password),
    rejectSignals: (rejection) => signals.rejectWhere(rejection),
    onCall: (listener) => calls.listen(listener),
    loadBlocklist: (file, { asList } = {}) => loadBlocklist(backend, file, asList),
    stop,
    [Symbol.asyncDispose]: stop,
  };
}

/** The parts of an engine that the options ask for. */
async function startEngine(
  { lapi: wanted, appsec: wantedAppsec }: SandboxOptions,
  { clock, options }: Backend,
): Promise<{ lapi: SandboxLapi | undefined; appsec: SandboxAppsec | undefined; stop: () => Promise<void> }> {
  const lapi =
    wanted === undefined || wanted === false
      ? undefined
      : await startLapi(wanted === true ? {} : wanted, { clock, scheduler: options.scheduler, random: options.random });
  const appsec = wantedAppsec === undefined ? undefined : await startAppsec(wantedAppsec);
  return {
    lapi: lapi?.lapi,
    appsec: appsec?.appsec,
    stop: async () => void (await Promise.all([lapi?.stop(), appsec?.stop()])),
  };
}

async function createBackend(given: SandboxOptions): Promise<{ backend: Backend; listensAt: (url: string) => void }> {
  const options = withDefaults(given);
  const clock = new SandboxClock(options.clock);
  const state = await StateFolder.open(options.stateDir);
  let publicUrl = options.publicUrl ?? '';
  const backend: Backend = {
    options,
    clock,
    state,
    calls: new CallLog(options.maxCalls),
    faults: new Faults(options.random),
    delays: new Delays(options.scheduler),
    // Before the machines: their cursors must never be ahead of the decisions on disk.
    decisions: await DecisionFeed.open(state),
    tokens: await Tokens.open(clock, options.tokenLifeMs, state),
    machines: await Machines.open(clock, state),
    loginBurst: await LoginBurst.open(clock, options.loginBurst, state),
    blocklists: createBlocklistRegistry(clock),
    allowlists: createAllowlistRegistry(clock),
    signals: new SignalInbox(clock, options.rateLimit, options.maxSignals),
    publicUrl: () => publicUrl,
  };
  return { backend, listensAt: (url) => (publicUrl ||= url) };
}

async function loadBlocklist(
  { decisions, blocklists }: Backend,
  file: string,
  asList: string | undefined,
): Promise<LoadedList> {
  const [text, { mtimeMs: lastModified }] = await Promise.all([readFile(file, 'utf8'), stat(file)]);
  const { values, skipped } = parseList(text);
  if (values.length === 0 && skipped > 0) throw new Error(`${file} holds no IP address or range`);
  if (asList === undefined) decisions.set(values.map((value) => ({ value })));
  else blocklists.set(asList, { lines: values, lastModified });
  return { entries: values.length, skipped };
}
