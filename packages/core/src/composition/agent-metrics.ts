import type { Bouncer } from '../bouncer/bouncer.js';
import { LOGINS_PER_HOUR } from '../capi/login-budget.js';
import { countByType } from '../decisions/count-by-type.js';
import type { Health } from '../health.js';
import { AgentMetrics } from '../telemetry/agent-metrics.js';
import { DetectionCounter } from '../telemetry/detection-counter.js';
import type { AgentContext } from './agent-context.js';
import type { AgentDecisions } from './agent-decisions.js';
import type { LocalDecisionWriter } from './local-decision-writer.js';

/** What the metrics of an agent are read from. */
export interface AgentMetricsParts {
  readonly bouncer: Bouncer;
  readonly decisions: AgentDecisions;
  readonly localDecisions: LocalDecisionWriter;
  readonly health: () => Health;
  readonly speaksToCapi: boolean;
}

/** The metrics of an agent. They read counts that exist anyway, and detections, which are rare, are counted as they are told. */
export function createAgentMetrics(
  { options, clock, scheduler, events }: AgentContext,
  parts: AgentMetricsParts,
): AgentMetrics {
  const detections = new DetectionCounter();
  events.on('detected', (detection) => detections.add(detection));
  return new AgentMetrics(() => {
    const now = clock.now();
    const health = parts.health();
    return {
      namespace: options.namespace ?? 'default',
      now,
      health,
      outcomes: parts.bouncer.outcomes,
      pulledAt: {
        capi: parts.speaksToCapi ? parts.decisions.refresher.pulledAt : undefined,
        lapi: health.decisions.lapi?.pulledAt,
      },
      held: countByType(parts.decisions.engine.indexes, now),
      localTypes: parts.localDecisions.entries().map(({ type }) => type),
      detections: detections.counts,
      loginsPerHour: parts.speaksToCapi ? LOGINS_PER_HOUR : undefined,
    };
  }, scheduler);
}
