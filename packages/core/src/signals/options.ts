import * as z from 'zod';

/** The options of the signal buffer. */
export const signalOptions = {
  bufferSize: z.number().int().min(250, 'must be at least 250').max(100_000, 'must be at most 100,000').default(10_000),
  bufferBytes: z
    .number()
    .int()
    .min(1_000_000, 'must be at least 1,000,000 bytes')
    .default(32 * 1024 * 1024),
  mergeWindowMs: z.number().int().min(0).max(3_600_000, 'must be at most an hour').default(60_000),
  ownIps: z.array(z.string()).default([]),
  journalDelayMs: z.number().int().min(0).max(5_000, 'must be at most 5,000 ms').default(100),
};
