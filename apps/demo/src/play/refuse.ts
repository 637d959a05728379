import { BadRequestException } from '@nestjs/common';
import { isCrowdsecError } from '@crowdsec-sdk/core';

/**
 * Answers what core says is wrong with the input, and where.
 *
 * @throws BadRequestException for a wrong option; the error itself for any other
 */
export function refuse(error: unknown): never {
  if (!isCrowdsecError(error, 'CROWDSEC_OPTION_INVALID')) throw error;
  const { code, message, path } = error;
  throw new BadRequestException({ statusCode: 400, code, message, path });
}
