import { RequestUsage } from '../bouncer/request-usage.js';
import type { HeldDecisions } from '../lapi/usage-report.js';
import type { RemediationEngine } from '../remediation/remediation-engine.js';
import type { AgentContext } from './agent-context.js';

/** What counts requests for the usage metrics of a local API; `undefined` when nobody is told of them, so that nothing counts. */
export function createRequestUsage({ options }: AgentContext): RequestUsage | undefined {
  return options.lapi?.usageMetrics === true ? new RequestUsage() : undefined;
}

/** The addresses and ranges that are held, by origin. */
export function heldDecisions(engine: RemediationEngine, now: number): HeldDecisions {
  const byFamily = [...engine.countsByFamily(now)];
  return new Map(byFamily.map(([origin, { v4, v6 }]) => [origin, { ipv4: v4, ipv6: v6, unknown: 0 }]));
}
