import { z } from 'zod';

/** The options of the signal buffer. */
export const signalOptions = {
  bufferSize: z.number().int().min(250, 'must be at least 250').max(100_000, 'must be at most 100,000').default(10_000),
  journalDelayMs: z.number().int().min(0).max(5_000, 'must be at most 5,000 ms').default(100),
};
