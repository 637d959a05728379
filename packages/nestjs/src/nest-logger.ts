import { Logger as NestLogger } from '@nestjs/common';
import type { Logger } from '@crowdsec-sdk/core';

/** Nest's own logger, under the name `Crowdsec`. */
export function nestLogger(): Logger {
  const logger = new NestLogger('Crowdsec');
  return {
    debug: (message, ...data) => logger.debug(message, ...data),
    info: (message, ...data) => logger.log(message, ...data),
    warn: (message, ...data) => logger.warn(message, ...data),
    error: (message, ...data) => logger.error(message, ...data),
  };
}
