import type { Crowdsec } from './agent.js';
import { createCrowdsec } from './crowdsec.js';
import { messageOf } from './errors.js';
import { containedLogger } from './injected/contained-logger.js';
import { consoleLogger } from './logger.js';
import type { CrowdsecOptions } from './options.js';

/** What a host, such as a middleware, works with. */
export interface HostedCrowdsec {
  readonly crowdsec: Crowdsec;
  /** The host made it, so the host stops it where it can. */
  readonly owned: boolean;
  /**
   * Resolves once an agent that the host made has put to use what is stored, or could not start, which is logged; at once for one that was
   * given. Never rejects. A host that cannot be made to listen later lets its first requests wait for it.
   */
  readonly started: Promise<void>;
}

/**
 * For adapters, which take either an agent or options: the agent that was given (whoever made it starts and stops it),
 * or one made of these options, which starts at once and in the background.
 *
 * @throws CrowdsecError `CROWDSEC_OPTION_INVALID` with the path of the wrong option
 */
export function hostedCrowdsec(given: CrowdsecOptions | Crowdsec): HostedCrowdsec {
  if (isCrowdsec(given)) return { crowdsec: given, owned: false, started: Promise.resolve() };
  const crowdsec = createCrowdsec(given);
  const logger = containedLogger(given.logger ?? consoleLogger(), () => undefined);
  const started = crowdsec
    .start()
    .catch((error: unknown) =>
      logger.error(`The agent did not start: ${messageOf(error)}`, { code: 'START_FAILED', error }),
    );
  return { crowdsec, owned: true, started };
}

/** By what it has, not by its class: there may be several copies of this package in a process. */
function isCrowdsec(given: CrowdsecOptions | Crowdsec): given is Crowdsec {
  return 'bouncer' in given;
}
