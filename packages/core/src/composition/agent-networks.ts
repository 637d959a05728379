import type { RequestUsage } from '../bouncer/request-usage.js';
import type { Network } from '../networks/network.js';
import type { ReportChannel } from '../networks/report-channel.js';
import type { AgentContext } from './agent-context.js';
import type { AgentDecisions } from './agent-decisions.js';
import { createAgentHttp, type AgentHttp } from './agent-http.js';
import type { AgentSignals } from './agent-signals.js';
import type { AgentStore } from './agent-store.js';
import { createRequestUsage, heldDecisions } from './agent-usage.js';
import { createCapiNetwork, type CapiNetwork } from './capi-network.js';
import { createLapiNetwork, type LapiNetwork } from './lapi-network.js';

/** The networks that an agent speaks to, and its way to them. */
export interface AgentNetworks {
  readonly http: AgentHttp;
  readonly capi: CapiNetwork | undefined;
  readonly lapi: LapiNetwork | undefined;
  readonly all: readonly Network[];
  /** Where signals go; `undefined` when no network takes any. */
  readonly reports: ReportChannel | undefined;
  /** Counts requests for usage metrics; `undefined` when nobody is told of them. */
  readonly usage: RequestUsage | undefined;
}

export function createAgentNetworks(
  context: AgentContext,
  parts: AgentStore & {
    /** What is told at login: everything that may be reported. */
    readonly scenarios: readonly string[];
    readonly userAgent: string;
    /** Made after the networks, for they come from there. */
    readonly decisions: () => AgentDecisions;
    /** Made after the networks, for they go there. */
    readonly signals: () => AgentSignals;
  },
): AgentNetworks {
  const http = createAgentHttp(context);
  const usage = createRequestUsage(context);
  const { decisions, signals } = parts;
  const capi = createCapiNetwork(context, {
    ...parts,
    http,
    lastActs: () => ({ pulledAt: decisions().refresher.pulledAt, pushedAt: signals().pacer.lastCallAt }),
    onStoreEmptied: () => signals().pacer.assumeCallNow(),
  });
  const lapi = createLapiNetwork(context, {
    ...parts,
    engine: { swapLayer: (layer) => decisions().engine.swapLayer(layer) },
    usage,
    held: () => heldDecisions(decisions().engine, context.clock.now()),
  });
  return {
    http,
    capi,
    lapi,
    all: [capi, lapi].filter((network) => network !== undefined),
    // A local API passes on to CAPI what it takes.
    reports: lapi?.reports ?? capi?.reports,
    usage,
  };
}
