/** What one list may cost at most; a list beyond it fails alone, and what is held of it stays. */
export interface ListLimits {
  /** Size after decompression. */
  readonly maxBytes: number;
  readonly maxEntries: number;
  /** From the request to the last byte, redirects included. */
  readonly timeoutMs: number;
  /** How many lists are read at once. */
  readonly concurrency: number;
}

export const DEFAULT_LIST_LIMITS: ListLimits = {
  maxBytes: 256 * 1024 * 1024,
  maxEntries: 5_000_000,
  timeoutMs: 120_000,
  concurrency: 4,
};
