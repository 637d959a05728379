import { LocalDecisions, type LocalDecision } from '../decisions/local-decisions.js';
import { LocalDecisionsSync } from '../refresh/local-decisions-sync.js';
import { Refresher } from '../refresh/refresher.js';
import { RemediationEngine } from '../remediation/remediation-engine.js';
import type { Store } from '../store/store.js';
import type { AgentContext } from './agent-context.js';
import type { CapiNetwork } from './capi-network.js';

/** What an agent knows about addresses, and what keeps that current. */
export interface AgentDecisions {
  readonly engine: RemediationEngine;
  readonly local: LocalDecisions;
  readonly localSync: LocalDecisionsSync;
  readonly refresher: Refresher;
}

export function createAgentDecisions(
  { options, clock, scheduler, logger, events }: AgentContext,
  { store, network }: { readonly store: Store; readonly network: CapiNetwork },
): AgentDecisions {
  const limit = options.maxLocalDecisions;
  const local = new LocalDecisions({ limit, evicted: tellEvictions({ logger, events, clock, limit }) });
  const engine = new RemediationEngine({
    remediations: options.remediations,
    fallbackRemediation: options.fallbackRemediation,
    bouncingLevel: options.bouncingLevel,
    geo: typeof options.geo === 'function' ? options.geo : undefined,
    clock,
    logger,
    local,
  });
  const refresher = new Refresher({
    store,
    sources: [network.source, ...options.extensions.flatMap(({ sources = [] }) => sources)],
    engine,
    clock,
    scheduler,
    logger,
    intervalMs: options.refreshIntervalMs,
    fetch: network.fetch,
    listener: {
      refreshed: (result) => events.emit('refreshed', result),
      failed: (details) => events.emit('refreshFailed', details),
      storeEmptied: () => network.session.putBackIfForgotten(),
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
  let saidAt = -Infinity;
  return (decision) => {
    count++;
    events.emit('localDecisionEvicted', decision);
    const now = clock.monotonic();
    if (now - saidAt < EVICTION_LOG_MS) return;
    saidAt = now;
    logger.warn(
      `There are more than ${limit} local decisions: those that end first make room, ${count} so far; see maxLocalDecisions.`,
    );
  };
}
