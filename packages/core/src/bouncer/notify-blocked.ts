import { messageOf } from '../errors.js';
import { settle } from '../injected/contained-logger.js';
import type { Logger } from '../logger.js';
import type { BlockedRequest, BouncerOptions } from './bouncer-options.js';

/** Notifies the application of a request that was refused, or would have been. What its function throws is logged. */
export function notifyBlocked(
  onBlocked: BouncerOptions['onBlocked'],
  blocked: () => BlockedRequest,
  logger: Logger,
): void {
  if (onBlocked === undefined) return;
  const failed = (error: unknown): void =>
    logger.error(`onBlocked failed: ${messageOf(error)}`, { code: 'LISTENER_FAILED', event: 'onBlocked', error });
  settle(() => onBlocked(blocked()), failed);
}
