import { defaultFetch } from '../capi/default-fetch.js';
import type { Fetch } from '../capi/transport.js';
import type { AgentContext } from './agent-context.js';

/** How an agent speaks HTTP to hosts that are found by name: CAPI and the lists. */
export interface AgentHttp {
  readonly fetch: Fetch;
  /** Closes the connections that the agent opened itself. */
  close(): Promise<void>;
}

/** The `fetch` of the options, or one with connections of its own that honours the proxy variables. */
export function createAgentHttp({ options, logger }: AgentContext): AgentHttp {
  if (options.fetch !== undefined) return { fetch: options.fetch, close: () => Promise.resolve() };
  return defaultFetch((message) => logger.warn(message));
}
