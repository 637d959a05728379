import { HttpException } from '@nestjs/common';
import type { BlockVerdict } from '@crowdsec-sdk/core/adapter';

/**
 * A client was blocked. It says no more to the client than the verdict's response does; your exception filters may catch it,
 * and find in {@link verdict} who was blocked and why.
 */
export class CrowdsecForbiddenException extends HttpException {
  readonly verdict: BlockVerdict;
  /** What a GraphQL error of it carries, whatever the driver. */
  readonly extensions = { code: 'FORBIDDEN' } as const;

  constructor(verdict: BlockVerdict) {
    super('Forbidden', verdict.response.status);
    this.name = 'CrowdsecForbiddenException';
    this.verdict = verdict;
  }
}
