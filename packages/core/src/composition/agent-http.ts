import { defaultFetch } from '../capi/default-fetch.js';
import type { Fetch } from '../capi/transport.js';
import { apiRoot, speaksToCapi } from '../capi/api-root.js';
import { observedFetch } from '../telemetry/observed-fetch.js';
import type { AgentContext } from './agent-context.js';

/** How an agent speaks HTTP to hosts that are found by name: CAPI and the lists. */
export interface AgentHttp {
  readonly fetch: Fetch;
  /** Closes the connections that the agent opened itself. */
  close(): Promise<void>;
}

/** The `fetch` of the options, or one with connections of its own that honours the proxy variables. */
export function createAgentHttp(context: AgentContext): AgentHttp {
  const http = plainHttp(context);
  const { options, histograms, clock } = context;
  const hasCapi = speaksToCapi(options);
  const root = hasCapi ? new URL(apiRoot(options)) : undefined;
  const prefix = root === undefined || root.pathname === '/' ? '' : root.pathname;
  const isCapi = (url: URL): boolean => url.origin === root?.origin && url.pathname.startsWith(`${prefix}/v3/`);
  const peerOf = (url: URL): 'capi' | 'other' => (isCapi(url) ? 'capi' : 'other');
  return { ...http, fetch: observedFetch(http.fetch, { peerOf, prefix, histograms, clock }) };
}

function plainHttp({ options, logger }: AgentContext): AgentHttp {
  if (options.fetch !== undefined) return { fetch: options.fetch, close: () => Promise.resolve() };
  return defaultFetch((message) => logger.warn(message, { code: 'PROXY_UNUSABLE' }));
}
