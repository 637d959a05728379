import type { IncomingMessage } from 'node:http';
import type { Crowdsec, CrowdsecOptions } from '@crowdsec-sdk/core';
import {
  crowdsecMiddleware as nodeMiddleware,
  type CrowdsecMiddleware as NodeMiddleware,
} from '@crowdsec-sdk/node-http';
import { RouterContextProvider } from 'react-router';
import { crowdsecAgentContext, crowdsecContext } from './context.js';

/** A middleware of the server that React Router runs on, with the agent behind it: to report to, and to stop. */
export interface CrowdsecMiddleware extends NodeMiddleware {
  /**
   * The option `getLoadContext` of React Router's request handler: hands the verdict on as {@link crowdsecContext}, and the agent as
   * {@link crowdsecAgentContext}. In a function of yours, give it the context that you have filled.
   */
  getLoadContext(request: IncomingMessage, response?: unknown, context?: RouterContextProvider): RouterContextProvider;
}

/**
 * Refuses clients that CrowdSec decided against; use it in the server before assets and React Router's request handler.
 *
 * ```ts
 * const guard = crowdsecMiddleware({ env: 'prod', trustedProxies: 'private' });
 * app.use(guard);
 * app.use(createRequestHandler({ build, getLoadContext: guard.getLoadContext }));
 * ```
 *
 * @param given the agent to use, or options to start one with; call `middleware.crowdsec.stop()` when the server has closed
 * @throws CrowdsecError `CROWDSEC_OPTION_INVALID` with the path of the wrong option
 */
export function crowdsecMiddleware(given: CrowdsecOptions | Crowdsec): CrowdsecMiddleware {
  const middleware = nodeMiddleware(given);
  const getLoadContext = (
    request: IncomingMessage,
    _response?: unknown,
    context = new RouterContextProvider(),
  ): RouterContextProvider => {
    context.set(crowdsecContext, middleware.verdictOf(request) ?? null);
    context.set(crowdsecAgentContext, middleware.crowdsec);
    return context;
  };
  return Object.assign(middleware, { getLoadContext });
}
