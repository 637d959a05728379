import type { Clock } from '../clock.js';
import { messageOf } from '../errors.js';
import type { Logger } from '../logger.js';
import type { KeyvLike } from './keyv-like.js';

/** A store that is out of reach emits an error with every attempt to reconnect; one line in this many ms says enough. */
const SAID_EVERY_MS = 60_000;

interface ErrorListening {
  readonly clock: Clock;
  readonly logger: Logger;
  readonly note?: (error: unknown) => void;
}

/**
 * Listens to the errors that a Keyv emits, as Keyv 6 throws without a listener, and logs them now and then.
 *
 * @param note is told of each of them
 * @returns stops listening
 */
export function listenToErrors(keyv: KeyvLike, { clock, logger, note = () => undefined }: ErrorListening): () => void {
  let quietUntil = -Infinity;
  const listener = (error: unknown): void => {
    note(error);
    if (clock.monotonic() < quietUntil) return;
    quietUntil = clock.monotonic() + SAID_EVERY_MS;
    logger.warn(`The store reports: ${messageOf(error)}`, { code: 'STORE_ERROR', error });
  };
  keyv.on?.('error', listener);
  return () => void keyv.off?.('error', listener);
}
