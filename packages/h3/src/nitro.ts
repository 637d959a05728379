import type { Crowdsec, CrowdsecOptions } from '@crowdsec-sdk/core';
import { hostedCrowdsec } from '@crowdsec-sdk/core/adapter';
import type { CrowdsecEvent } from './event.js';
import { crowdsecMiddleware } from './middleware.js';

/** What is used of a Nitro application, of Nitro 2 on h3 1. */
export interface NitroApp {
  readonly h3App: { readonly stack: { route: string; handler: never }[] };
  readonly hooks: { hook(name: 'close', stop: () => Promise<void>): unknown };
}

/** A plugin of Nitro, with the agent behind it. */
export interface CrowdsecNitroPlugin {
  (nitroApp: NitroApp): void;
  readonly crowdsec: Crowdsec;
}

/**
 * A plugin for Nitro 2 and Nuxt: puts CrowdSec before everything that the server answers, assets and route rules too. An agent that is made of
 * options is started at once and stopped when Nitro closes; the first requests wait until it has put to use what is stored.
 *
 * @throws CrowdsecError `CROWDSEC_OPTION_INVALID` with the path of the wrong option
 */
export function crowdsecNitroPlugin(given: CrowdsecOptions | Crowdsec): CrowdsecNitroPlugin {
  const { crowdsec, owned, started } = hostedCrowdsec(given);
  const middleware = crowdsecMiddleware(crowdsec);
  let isStarted = !owned;
  void started.then(() => (isStarted = true));
  // Nitro listens as soon as its plugins have run, and waits for none of them.
  const handler = (event: CrowdsecEvent): unknown =>
    isStarted ? middleware(event) : started.then(() => middleware(event));
  const plugin = ({ h3App, hooks }: NitroApp): void => {
    // Nitro has put its own handlers there before plugins run: assets, route rules, the application's middleware.
    h3App.stack.unshift({ route: '/', handler: handler as never });
    if (owned) hooks.hook('close', () => crowdsec.stop());
  };
  return Object.assign(plugin, { crowdsec });
}
