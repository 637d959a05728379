import { apiRoot } from '../capi/api-root.js';
import { CapiClient } from '../capi/client.js';
import { defaultFetch } from '../capi/default-fetch.js';
import { Session } from '../capi/session.js';
import { Transport, type Fetch } from '../capi/transport.js';
import { withUserAgent } from '../capi/user-agent.js';
import type { Signal } from '../capi/wire.js';
import { knowSecret } from '../redaction/redaction.js';
import { capiSource } from '../sources/capi-source.js';
import type { DecisionSource } from '../sources/decision-source.js';
import type { AgentContext } from './agent-context.js';
import type { AgentStore } from './agent-store.js';

/** A call with signals that is not answered within this time is repeated later; until then no other process may send. */
const SIGNALS_TIMEOUT_MS = 10_000;

/** The agent's side of the Central API: who it is, what it receives and where its signals go. */
export interface CapiNetwork {
  readonly session: Session;
  readonly client: CapiClient;
  /** The community blocklist and the linked lists. */
  readonly source: DecisionSource;
  /** How long one call with signals may take, in ms. */
  readonly signalsTimeoutMs: number;
  /** Gets a token for the next call with signals. */
  prepareSignals(): Promise<void>;
  /** Sends one call's worth of signals, in the pacer's turn. */
  pushSignals(signals: readonly Signal[]): Promise<void>;
  /** Requests to other hosts, such as list downloads: they never carry the token. */
  readonly fetch: Fetch;
  /** Closes the connections that the agent opened itself. */
  close(): Promise<void>;
}

/**
 * @param scenarios what CAPI is told at login: everything that may be reported
 * @param onStoreEmptied awaited before the identity is put back into a store that was emptied
 */
export function createCapiNetwork(
  context: AgentContext,
  parts: AgentStore & {
    readonly scenarios: readonly string[];
    readonly userAgent: string;
    readonly onStoreEmptied: () => Promise<void>;
  },
): CapiNetwork {
  const { options } = context;
  if (options.credentials !== undefined) knowSecret(options.credentials.password);
  const root = apiRoot(options);
  const { fetch, close } =
    options.fetch === undefined
      ? defaultFetch((message) => context.logger.warn(message))
      : { fetch: options.fetch, close: () => Promise.resolve() };
  const transport = new Transport({ root, userAgent: parts.userAgent, fetch, signal: context.calls.signal });
  const session = createSession(context, { ...parts, transport });
  const client = new CapiClient({ session, transport, timeoutMs: options.timeoutMs });
  const signalsTimeoutMs = Math.min(options.timeoutMs, SIGNALS_TIMEOUT_MS);
  return {
    session,
    client,
    source: capiSource({
      getStreamDecisions: (query) => client.getStreamDecisionsText(query),
      allowHttpLists: root.startsWith('http:'),
      keepNonPublic: options.keepNonPublicListEntries,
    }),
    signalsTimeoutMs,
    prepareSignals: () => client.prepareSignals(),
    pushSignals: (signals) => client.pushSignals(signals, { timeoutMs: signalsTimeoutMs }),
    fetch: withUserAgent(fetch, parts.userAgent),
    close,
  };
}

function createSession(
  { options, clock, scheduler, logger, events, calls }: AgentContext,
  parts: AgentStore & {
    readonly scenarios: readonly string[];
    readonly transport: Transport;
    readonly onStoreEmptied: () => Promise<void>;
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
    onLoggedIn: (details) => events.emit('loggedIn', details),
  });
}
