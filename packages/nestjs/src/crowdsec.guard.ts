import { Injectable, type CanActivate, type ExecutionContext } from '@nestjs/common';
import type { BlockVerdict, Crowdsec, RequestFacts } from '@crowdsec-sdk/core';
import { CrowdsecForbiddenException } from './crowdsec-forbidden.exception.js';
import { requestFacts, type NestRequest } from './request-facts.js';
import { InjectCrowdsec } from './tokens.js';

/**
 * Refuses requests of clients that CrowdSec decided against; for `@UseGuards(CrowdsecGuard)`, or for the whole application:
 *
 * ```ts
 * providers: [{ provide: APP_GUARD, useExisting: CrowdsecGuard }]
 * ```
 *
 * It guards HTTP; other contexts pass. Extend it and override {@link getFacts} or {@link onBlocked} to adapt it.
 */
@Injectable()
export class CrowdsecGuard implements CanActivate {
  protected readonly crowdsec: Crowdsec;

  constructor(@InjectCrowdsec() crowdsec: Crowdsec) {
    this.crowdsec = crowdsec;
  }

  canActivate(context: ExecutionContext): boolean | Promise<boolean> {
    if (context.getType() !== 'http') return true;
    const verdict = this.crowdsec.bouncer.inspect(this.getFacts(context));
    return verdict.action === 'pass' || this.onBlocked(verdict, context);
  }

  /** What the verdict is based on. */
  protected getFacts(context: ExecutionContext): RequestFacts {
    return requestFacts(context.switchToHttp().getRequest<NestRequest>());
  }

  /**
   * What becomes of a blocked request: true lets it through all the same.
   *
   * @throws CrowdsecForbiddenException which answers it as the verdict says, unless an exception filter of yours takes it
   */
  protected onBlocked(verdict: BlockVerdict, _context: ExecutionContext): boolean | Promise<boolean> {
    throw new CrowdsecForbiddenException(verdict);
  }
}
