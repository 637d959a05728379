import { apiRoot, speaksToCapi } from '../capi/api-root.js';
import { CAPI_PACE } from '../capi/capi-pace.js';
import { CapiClient } from '../capi/client.js';
import { Session } from '../capi/session.js';
import { SoftwareMetrics } from '../capi/software-metrics.js';
import { Transport } from '../capi/transport.js';
import type { Metrics } from '../capi/wire.js';
import { CrowdsecError } from '../errors.js';
import type { Network } from '../networks/network.js';
import type { ReportChannel } from '../networks/report-channel.js';
import { knowSecret } from '../redaction/redaction.js';
import { capiSource } from '../sources/capi-source.js';
import type { DecisionSource } from '../sources/decision-source.js';
import type { AgentContext } from './agent-context.js';
import type { AgentHttp } from './agent-http.js';
import type { AgentStore } from './agent-store.js';

/** A call with signals that is not answered within this time is repeated later; until then no other process may send. */
const SIGNALS_TIMEOUT_MS = 10_000;

/** The agent's side of the Central API: who it is, what it receives and where its signals go. */
export interface CapiNetwork extends Network {
  readonly name: 'capi';
  readonly reports: ReportChannel;
  readonly session: Session;
  readonly client: CapiClient;
  /** The community blocklist and the linked lists. */
  readonly source: DecisionSource;
}

/** When this installation last did what CAPI is told of, in ms since the epoch. */
export interface LastActs {
  readonly pulledAt: number | undefined;
  readonly pushedAt: number | undefined;
}

/**
 * The agent's side of CAPI; `undefined` when the options name neither `env` nor `apiUrl`.
 *
 * @param scenarios what CAPI is told at login: everything that may be reported
 * @param lastActs what the metrics tell
 * @param onStoreEmptied awaited before the identity is put back into a store that was emptied
 */
export function createCapiNetwork(
  context: AgentContext,
  parts: AgentStore & {
    readonly scenarios: readonly string[];
    readonly userAgent: string;
    readonly http: AgentHttp;
    readonly lastActs: () => LastActs;
    readonly onStoreEmptied: () => Promise<void>;
  },
): CapiNetwork | undefined {
  const { options } = context;
  if (!speaksToCapi(options)) return undefined;
  if (options.credentials !== undefined) knowSecret(options.credentials.password);
  const root = apiRoot(options);
  const transport = new Transport({
    root,
    userAgent: parts.userAgent,
    fetch: parts.http.fetch,
    signal: context.calls.signal,
  });
  const session: Session = createSession(context, { ...parts, transport, onLoggedIn: () => metrics?.loggedIn() });
  const client = new CapiClient({ session, transport, timeoutMs: options.timeoutMs });
  const metrics = createSoftwareMetrics(context, { ...parts, client });
  const callTimeoutMs = Math.min(options.timeoutMs, SIGNALS_TIMEOUT_MS);
  return {
    name: 'capi',
    session,
    client,
    source: capiSource({
      getStreamDecisions: (query) => client.getStreamDecisionsText(query),
      allowHttpLists: root.startsWith('http:'),
      keepNonPublic: options.keepNonPublicListEntries,
    }),
    reports: {
      name: 'CAPI',
      pace: CAPI_PACE,
      callTimeoutMs,
      prepare: () => client.prepareSignals(),
      push: (signals, beforeCall) => client.pushSignals(signals, { timeoutMs: callTimeoutMs, beforeCall }),
    },
    start: async () => {
      metrics?.start();
      await session.load();
      session.startWatching();
    },
    runDue: async () => metrics?.pushIfDue(),
    stop: async () => void (await Promise.all([session.stop(), metrics?.stop() ?? Promise.resolve()])),
    // Its connections are those of the agent.
    close: () => Promise.resolve(),
  };
}

/**
 * The network that a call speaks to.
 *
 * @throws CrowdsecError `CROWDSEC_OPTION_INVALID` for an agent that does not speak to CAPI
 */
export function needCapi(capi: CapiNetwork | undefined, call: string): CapiNetwork {
  if (capi !== undefined) return capi;
  throw new CrowdsecError(
    'CROWDSEC_OPTION_INVALID',
    `${call} speaks to CrowdSec's Central API, which this agent does not: give \`env\` or \`apiUrl\`.`,
    { path: 'options.env' },
  );
}

function createSession(
  { options, clock, scheduler, logger, events, calls }: AgentContext,
  parts: AgentStore & {
    readonly scenarios: readonly string[];
    readonly transport: Transport;
    readonly onStoreEmptied: () => Promise<void>;
    readonly onLoggedIn: () => void;
  },
): Session {
  const { store, identityCopy, transport, scenarios } = parts;
  return new Session({
    store,
    ...(identityCopy === undefined ? {} : { copy: identityCopy }),
    transport,
    clock,
    scheduler,
    logger,
    scenarios,
    machineIdPrefix: options.machineIdPrefix,
    ...(options.credentials === undefined ? {} : { credentials: options.credentials }),
    ephemeral: options.ephemeral,
    onStoreEmptied: parts.onStoreEmptied,
    timeoutMs: options.timeoutMs,
    signal: calls.signal,
    onRegistered: (details) => events.emit('registered', details),
    onLoggedIn: (details) => {
      parts.onLoggedIn();
      events.emit('loggedIn', details);
    },
  });
}

/** What tells CAPI of the software; `undefined` when the options switch it off. */
function createSoftwareMetrics(
  { options, clock, scheduler, logger }: AgentContext,
  parts: AgentStore & {
    readonly client: CapiClient;
    readonly userAgent: string;
    readonly lastActs: () => LastActs;
  },
): SoftwareMetrics | undefined {
  const { client, store, userAgent, lastActs } = parts;
  if (!options.metrics) return undefined;
  const [name = userAgent, version = ''] = userAgent.split('/');
  const date = (at: number): string => new Date(Math.min(at, clock.now())).toISOString();
  const metrics = (): Metrics => {
    const { pulledAt, pushedAt } = lastActs();
    return {
      bouncers: [
        {
          custom_name: options.userAgentSuffix || name,
          name,
          version,
          ...(pulledAt === undefined ? {} : { last_pull: date(pulledAt) }),
        },
      ],
      machines: [
        {
          name,
          version,
          last_update: date(clock.now()),
          ...(pushedAt === undefined ? {} : { last_push: date(pushedAt) }),
        },
      ],
    };
  };
  return new SoftwareMetrics({ client, store, clock, scheduler, logger, metrics });
}
