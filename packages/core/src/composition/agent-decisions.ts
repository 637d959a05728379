import { withUserAgent } from '../capi/user-agent.js';
import { LocalDecisions, type LocalDecision } from '../decisions/local-decisions.js';
import { LocalDecisionsSync } from '../refresh/local-decisions-sync.js';
import { Refresher } from '../refresh/refresher.js';
import { RemediationEngine } from '../remediation/remediation-engine.js';
import type { Store } from '../store/store.js';
import type { AgentContext } from './agent-context.js';
import type { AgentHttp } from './agent-http.js';
import type { CapiNetwork } from './capi-network.js';
import { tellReady } from './ready-line.js';

/** What an agent knows about addresses, and what keeps that current. */
export interface AgentDecisions {
  readonly engine: RemediationEngine;
  readonly local: LocalDecisions;
  readonly localSync: LocalDecisionsSync;
  readonly refresher: Refresher;
}

export function createAgentDecisions(
  { options, clock, scheduler, logger, events, measurePull }: AgentContext,
  parts: {
    readonly store: Store;
    readonly capi: CapiNetwork | undefined;
    readonly http: AgentHttp;
    readonly userAgent: string;
  },
): AgentDecisions {
  const { store, capi, http } = parts;
  const limit = options.maxLocalDecisions;
  const local = new LocalDecisions({ limit, evicted: tellEvictions({ logger, events, clock, limit }) });
  const engine = new RemediationEngine({
    remediations: options.remediations,
    fallbackRemediation: options.fallbackRemediation,
    bouncingLevel: options.bouncingLevel,
    ignore: options.ignore,
    geo: typeof options.geo === 'function' ? options.geo : undefined,
    clock,
    logger,
    local,
  });
  const refresher: Refresher = new Refresher({
    store,
    capi: capi && {
      ...capi.source,
      pull: (context) => measurePull(capi.source.name, () => capi.source.pull(context)),
    },
    measurePull,
    hasOtherNetwork: options.lapi !== undefined,
    sources: options.extensions.flatMap(({ sources = [] }) => sources),
    engine,
    clock,
    scheduler,
    logger,
    intervalMs: options.refreshIntervalMs,
    // Requests to other hosts, such as list downloads: they never carry a token.
    fetch: withUserAgent(http.fetch, parts.userAgent),
    listener: {
      refreshed: (result) => events.emit('refreshed', result),
      failed: (details) => events.emit('refreshFailed', details),
      ready: ({ decisions }) => {
        if (capi === undefined) return;
        const { machineId } = capi.session.state;
        tellReady({ logger }, { peer: 'CAPI', machineId, decisions, nextPullAt: refresher.nextPullAt });
      },
      storeEmptied: async () => capi?.session.restoreIfForgotten(),
    },
  });
  const localSync = new LocalDecisionsSync({ local, store, clock, scheduler, logger });
  return { engine, local, localSync, refresher };
}

/** How often the log says that decisions are evicted, in ms. */
const EVICTION_LOG_MS = 10 * 60_000;

/** Tells of each eviction by an event, and now and then in the log. */
function tellEvictions({
  logger,
  events,
  clock,
  limit,
}: Pick<AgentContext, 'logger' | 'events' | 'clock'> & { readonly limit: number }): (decision: LocalDecision) => void {
  let count = 0;
  let loggedAt = -Infinity;
  return (decision) => {
    count++;
    events.emit('localDecisionEvicted', decision);
    const now = clock.monotonic();
    if (now - loggedAt < EVICTION_LOG_MS) return;
    loggedAt = now;
    logger.warn(
      `There are more than ${limit} local decisions: those that end first make room, ${count} so far; see maxLocalDecisions.`,
      { code: 'LOCAL_DECISIONS_FULL', limit, evicted: count },
    );
  };
}
