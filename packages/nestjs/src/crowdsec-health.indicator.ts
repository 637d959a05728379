import { Injectable } from '@nestjs/common';
import type { Crowdsec, Problem } from '@crowdsec-sdk/core';
import { InjectCrowdsec } from './tokens.js';

/** What `@nestjs/terminus` shows of the agent; our types must compile where it is not installed. */
export interface CrowdsecHealthResult<Status extends string = 'up' | 'degraded' | 'down'> {
  readonly status: Status;
  /** What is wrong, worst first. */
  readonly problems: readonly Problem[];
  /** How many decisions are held. */
  readonly decisions: number;
  /** When they were pulled, as ISO 8601. */
  readonly pulledAt?: string;
}

/**
 * The health of the agent for `@nestjs/terminus`. It tells what the agent knows already and calls nobody.
 *
 * ```ts
 * @Get('health') @HealthCheck()
 * check() {
 *   return this.health.check([() => this.crowdsec.isHealthy()]);
 * }
 * ```
 */
@Injectable()
export class CrowdsecHealthIndicator {
  readonly #crowdsec: Crowdsec;

  constructor(@InjectCrowdsec() crowdsec: Crowdsec) {
    this.#crowdsec = crowdsec;
  }

  /**
   * Stale decisions, a stopped login and all else that goes wrong make it `degraded`: the site serves, so the check passes.
   *
   * @param key the name in the answer
   * @param options.whenDegraded `up` for Terminus 11, which knows no `degraded` and leaves out what has another status; the problems are
   * listed in either case
   * @param options.whenUnavailable what it is before any decision was ever loaded. `whenDegraded` by default: a CAPI that is out of reach
   * is no reason to take the site out of service
   */
  isHealthy<Key extends string = 'crowdsec', Degraded extends 'degraded' | 'up' = 'degraded'>(
    key: Key = 'crowdsec' as Key,
    options: { readonly whenDegraded?: Degraded; readonly whenUnavailable?: Degraded | 'down' } = {},
  ): Record<Key, CrowdsecHealthResult<'up' | 'down' | Degraded>> {
    const { whenDegraded = 'degraded' as Degraded, whenUnavailable = whenDegraded } = options;
    const { status, problems, decisions } = this.#crowdsec.health();
    const { count, pulledAt } = decisions;
    const result: CrowdsecHealthResult<'up' | 'down' | Degraded> = {
      status: status === 'ok' ? 'up' : status === 'unavailable' ? whenUnavailable : whenDegraded,
      problems,
      decisions: count,
      ...(pulledAt === undefined ? {} : { pulledAt: new Date(pulledAt).toISOString() }),
    };
    return { [key]: result } as Record<Key, typeof result>;
  }
}
