import { Logger as NestLogger } from '@nestjs/common';
import type { Logger } from '@crowdsec-sdk/core';

/** Nest's own logger, under the name `Crowdsec`. */
export function nestLogger(): Logger {
  const logger = new NestLogger('Crowdsec');
  return {
    debug: (message) => logger.debug(message),
    info: (message) => logger.log(message),
    warn: (message) => logger.warn(message),
    error: (message) => logger.error(message),
  };
}
