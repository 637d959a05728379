import type { JsonValue } from './store.js';

/** What is stored is there, and is not what was written. */
export class DamagedError extends Error {
  /** The head of a large value of which only the bytes are damaged. */
  readonly head: JsonValue | undefined;
  /** The version of that value. */
  readonly version: string | undefined;
  /** A newer version of this package wrote it, in a format that this one does not know. */
  readonly isNewer: boolean;

  constructor(
    message: string,
    details: {
      readonly cause?: unknown;
      readonly head?: JsonValue;
      readonly version?: string;
      readonly isNewer?: boolean;
    } = {},
  ) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause });
    this.name = 'DamagedError';
    this.head = details.head;
    this.version = details.version;
    this.isNewer = details.isNewer ?? false;
  }
}

/** The largest value that is read whole, in bytes: what is longer was not written by this package. */
export const MAX_VALUE_BYTES = 32 << 20;

/**
 * The value in a JSON text.
 *
 * @throws DamagedError for anything else; the text is not quoted, for it may hold secrets
 */
export function parseStored(text: string): JsonValue {
  try {
    return JSON.parse(text) as JsonValue;
  } catch {
    throw new DamagedError(text === '' ? 'it is empty' : 'it is not JSON');
  }
}
