import type { Bouncer } from '../bouncer/bouncer.js';
import type { SessionState } from '../capi/session-options.js';
import type { Captcha } from '../captcha/captcha.js';
import type { Clock } from '../clock.js';
import type { ExtensionHost } from '../extensions/host.js';
import {
  assessHealth,
  type DecisionsHealth,
  type Health,
  type HealthState,
  type Problem,
  type SignalsHealth,
  type StoreHealth,
} from '../health.js';
import type { Fault } from '../injected/faults.js';
import type { SignalBuffer } from '../signals/buffer.js';
import type { Store } from '../store/store.js';
import type { AgentAppsec } from './agent-appsec.js';
import type { AgentDecisions } from './agent-decisions.js';
import type { LapiNetwork } from './lapi-network.js';
import type { LocalDecisionWriter } from './local-decision-writer.js';

/** What the health of an agent is read from. */
export interface AgentHealthParts {
  readonly started: boolean;
  readonly geoFailure: string | undefined;
  readonly userAgent: string;
  readonly clock: Clock;
  readonly bouncer: Bouncer;
  readonly captcha: Captcha | undefined;
  readonly appsec: AgentAppsec | undefined;
  /** Who we are to CAPI; `undefined` for an agent that does not speak to it. */
  readonly identity: SessionState | undefined;
  readonly lapi: LapiNetwork | undefined;
  readonly decisions: AgentDecisions;
  readonly localDecisions: LocalDecisionWriter;
  readonly signals: SignalBuffer;
  readonly store: Store;
  readonly extensions: ExtensionHost;
  readonly faults: readonly Fault[];
  /** Another application uses the same namespace. */
  readonly sharedNamespace: Problem | undefined;
}

/** Reads the health of an agent from its parts; it calls nobody. */
export function agentHealth(parts: AgentHealthParts): Health {
  const { started, geoFailure, userAgent, bouncer, identity, decisions, signals, store, extensions, clock, faults } =
    parts;
  const state: HealthState = {
    userAgent,
    requests: bouncer.counts,
    ...(parts.captcha && { captcha: parts.captcha.counts }),
    ...(parts.appsec && { appsec: parts.appsec.health }),
    identity: identity ?? NO_IDENTITY,
    ...(parts.lapi?.machine === undefined ? {} : { lapiMachine: parts.lapi.machine }),
    decisions: decisionsHealth(decisions, parts, clock.now()),
    signals: signalsHealth(signals, parts.lapi),
    store: storeHealth(store),
    extensions: extensions.health,
    droppedEvents: extensions.droppedEvents,
    refusedEvents: extensions.refusedEvents,
  };
  return assessHealth(state, {
    started,
    loaded: decisions.engine.isLoaded,
    geoFailure,
    faults,
    sharedNamespace: parts.sharedNamespace,
    refusedOptions: [
      ...bouncer.refusedOptions,
      ...(parts.appsec?.refusedOptions ?? []),
      ...decisions.engine.refusedOptions,
    ],
    typesWithoutRemedy: decisions.engine.typesWithoutRemedy,
    cappedScenarios: extensions.cappedScenarios,
  });
}

const NO_IDENTITY: SessionState = { identity: 'none', loginsLastHour: 0 };

function decisionsHealth(
  { engine, local, refresher }: AgentDecisions,
  { localDecisions: { refused }, lapi }: AgentHealthParts,
  now: number,
): DecisionsHealth {
  const { isStale, lists, waitingLists, failure } = refresher;
  const ofLapi = lapi?.decisions.health;
  const pulledAt = refresher.pulledAt ?? ofLapi?.pulledAt;
  const nextPullAt = refresher.nextPullAt ?? ofLapi?.nextPullAt;
  return {
    count: engine.size,
    local: local.size,
    localLimit: local.limit,
    localEvicted: local.evictedCount,
    refused,
    origins: engine.counts(now),
    ignored: engine.ignored,
    ...(pulledAt === undefined ? {} : { pulledAt }),
    ...(nextPullAt === undefined ? {} : { nextPullAt }),
    stale: isStale || ofLapi?.stale === true,
    ...(ofLapi === undefined ? {} : { lapi: ofLapi }),
    ...(failure === undefined ? {} : { failure }),
    lists,
    waitingLists,
  };
}

function signalsHealth(buffer: SignalBuffer, lapi: LapiNetwork | undefined): SignalsHealth {
  const { allowedAt, dueAt, reason } = buffer.pace;
  const { sent, poisoned, merged, evicted, refused } = buffer.counters;
  return {
    buffered: buffer.size,
    ...(dueAt === undefined ? {} : { nextFlushAt: Math.ceil(dueAt) }),
    nextFlushReason: reason,
    nextAllowedAt: Math.ceil(allowedAt),
    ...(buffer.failure === undefined ? {} : { failure: buffer.failure }),
    sent,
    poisoned,
    discarded: lapi?.reports?.discarded ?? 0,
    merged,
    evicted,
    refused: Object.fromEntries(refused),
  };
}

function storeHealth({ description, durable, shared, reachable, writable, problems, journal }: Store): StoreHealth {
  return { description, durable, shared, reachable, writable, problems, damagedEntries: journal.damaged };
}
