import type { Bouncer } from '../bouncer/bouncer.js';
import type { Captcha } from '../captcha/captcha.js';
import type { Session } from '../capi/session.js';
import type { Clock } from '../clock.js';
import type { ExtensionHost } from '../extensions/host.js';
import { assessHealth, type DecisionsHealth, type Health, type SignalsHealth, type StoreHealth } from '../health.js';
import type { Fault } from '../injected/faults.js';
import type { SignalBuffer } from '../signals/buffer.js';
import type { Store } from '../store/store.js';
import type { AgentDecisions } from './agent-decisions.js';
import type { LocalDecisionWriter } from './local-decision-writer.js';

/** What the health of an agent is read from. */
export interface AgentHealthParts {
  readonly started: boolean;
  readonly geoFailure: string | undefined;
  readonly userAgent: string;
  readonly clock: Clock;
  readonly bouncer: Bouncer;
  readonly captcha: Captcha | undefined;
  readonly session: Session;
  readonly decisions: AgentDecisions;
  readonly localDecisions: LocalDecisionWriter;
  readonly signals: SignalBuffer;
  readonly store: Store;
  readonly extensions: ExtensionHost;
  readonly faults: readonly Fault[];
}

/** Reads the health of an agent from its parts; it calls nobody. */
export function agentHealth(parts: AgentHealthParts): Health {
  const { started, geoFailure, userAgent, bouncer, session, decisions, signals, store, extensions, clock, faults } =
    parts;
  return assessHealth({
    started,
    geoFailure,
    faults,
    refusedOptions: [...bouncer.refusedOptions, ...decisions.engine.refusedOptions],
    typesWithoutRemedy: decisions.engine.typesWithoutRemedy,
    userAgent,
    requests: bouncer.counts,
    ...(parts.captcha && { captcha: parts.captcha.counts }),
    identity: session.state,
    decisions: decisionsHealth(decisions, parts.localDecisions, clock.now()),
    signals: signalsHealth(signals),
    store: storeHealth(store),
    extensions: extensions.health,
    droppedEvents: extensions.droppedEvents,
    refusedEvents: extensions.refusedEvents,
    cappedScenarios: extensions.cappedScenarios,
  });
}

function decisionsHealth(
  { engine, local, refresher }: AgentDecisions,
  { refused }: LocalDecisionWriter,
  now: number,
): DecisionsHealth {
  const { index } = engine;
  const { pulledAt, nextPullAt, isStale, lists, waitingLists } = refresher;
  return {
    count: index.size,
    local: local.size,
    localLimit: local.limit,
    localEvicted: local.evictedCount,
    refused,
    origins: index.counts(now),
    ...(pulledAt === undefined ? {} : { pulledAt }),
    ...(nextPullAt === undefined ? {} : { nextPullAt }),
    stale: isStale,
    lists,
    waitingLists,
  };
}

function signalsHealth(buffer: SignalBuffer): SignalsHealth {
  const { allowedAt, dueAt, reason } = buffer.pace;
  const { sent, poisoned, merged, evicted, refused } = buffer.counters;
  return {
    buffered: buffer.size,
    ...(dueAt === undefined ? {} : { nextFlushAt: Math.ceil(dueAt) }),
    nextFlushReason: reason,
    nextAllowedAt: Math.ceil(allowedAt),
    sent,
    poisoned,
    merged,
    evicted,
    refused: Object.fromEntries(refused),
  };
}

function storeHealth({ description, durable, shared, reachable, writable, problems, journal }: Store): StoreHealth {
  return { description, durable, shared, reachable, writable, problems, damagedEntries: journal.damaged };
}
