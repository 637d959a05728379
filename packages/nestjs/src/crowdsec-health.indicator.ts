import { Injectable } from '@nestjs/common';
import type { Crowdsec, Problem } from '@crowdsec-sdk/core';
import { InjectCrowdsec } from './tokens.js';

/** What `@nestjs/terminus` shows of the agent; our types must compile where it is not installed. */
export interface CrowdsecHealthResult {
  readonly status: 'up' | 'degraded' | 'down';
  /** What is wrong, worst first. */
  readonly problems: readonly Problem[];
  /** How many decisions are held. */
  readonly decisions: number;
  /** When they were pulled, as ISO 8601. */
  readonly pulledAt?: string;
}

/**
 * The health of the agent for `@nestjs/terminus` 12. It tells what the agent knows already and calls nobody.
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
   * @param options.whenUnavailable what it is before any decision was ever loaded. `degraded` by default: a CAPI that is out of reach is
   * no reason to take the site out of service
   */
  isHealthy<Key extends string = 'crowdsec'>(
    key: Key = 'crowdsec' as Key,
    { whenUnavailable = 'degraded' }: { readonly whenUnavailable?: 'degraded' | 'down' } = {},
  ): Record<Key, CrowdsecHealthResult> {
    const { status, problems, decisions } = this.#crowdsec.health();
    const { count, pulledAt } = decisions;
    const result: CrowdsecHealthResult = {
      status: status === 'ok' ? 'up' : status === 'unavailable' ? whenUnavailable : 'degraded',
      problems,
      decisions: count,
      ...(pulledAt === undefined ? {} : { pulledAt: new Date(pulledAt).toISOString() }),
    };
    return { [key]: result } as Record<Key, CrowdsecHealthResult>;
  }
}
