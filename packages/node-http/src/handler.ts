import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Crowdsec, CrowdsecOptions, PassVerdict } from '@crowdsec-sdk/core';
import { hostedCrowdsec } from '@crowdsec-sdk/core/adapter';
import { guardRequest } from './guard-request.js';
import { guardUpgrades, type UpgradeHandler, type UpgradeListener } from './upgrade.js';

/** Answers a request that may pass; the verdict says who is calling, and what was found. */
export type RequestHandler = (request: IncomingMessage, response: ServerResponse, verdict: PassVerdict) => unknown;

/** A listener for `createServer`, with the agent behind it: to report to, and to stop. */
export interface CrowdsecHandler {
  /** @returns what the handler returns; a promise of it where AppSec or a remedy had to be waited for */
  (request: IncomingMessage, response: ServerResponse): unknown;
  readonly crowdsec: Crowdsec;
  /**
   * A listener for the server's event `upgrade`, which Node emits in place of `request`: refuses the same clients, and hands the
   * connections of the others to this function.
   */
  upgrade(handler: UpgradeHandler): UpgradeListener;
}

/**
 * Puts CrowdSec in front of an application on `node:http` or `node:https`.
 *
 * ```ts
 * const handler = crowdsecHandler({ env: 'prod', trustedProxies: 'private' }, (request, response) => response.end('hello'));
 * createServer(handler).listen(3000);
 * ```
 *
 * @param given the agent to use, or options to start one with; call `handler.crowdsec.stop()` when the server has closed
 * @throws CrowdsecError `CROWDSEC_OPTION_INVALID` with the path of the wrong option
 */
export function crowdsecHandler(given: CrowdsecOptions | Crowdsec, handler: RequestHandler): CrowdsecHandler {
  const { crowdsec } = hostedCrowdsec(given);
  const { bouncer } = crowdsec;
  const listener = (request: IncomingMessage, response: ServerResponse): unknown =>
    guardRequest(bouncer, request, response, (verdict) => handler(request, response, verdict));
  return Object.assign(listener, {
    crowdsec,
    upgrade: (upgradeHandler: UpgradeHandler) => guardUpgrades(bouncer, upgradeHandler),
  });
}
