/** What one list may cost at most; a list beyond it fails alone, and what is held of it stays. */
export interface ListLimits {
  /** Size after decompression. */
  readonly maxBytes: number;
  readonly maxEntries: number;
  /** From the request to the last byte, redirects included. */
  readonly timeoutMs: number;
  /** From the first request to the last byte of all lists of a pull. */
  readonly totalTimeoutMs: number;
  /** How many lists are read at once: enough that those that hang do not hold up the others. */
  readonly concurrency: number;
}

export const DEFAULT_LIST_LIMITS: ListLimits = {
  maxBytes: 256 * 1024 * 1024,
  maxEntries: 5_000_000,
  timeoutMs: 60_000,
  totalTimeoutMs: 120_000,
  concurrency: 32,
};
