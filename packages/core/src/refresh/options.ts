import * as z from 'zod';
import { DEFAULT_LOCAL_LIMIT } from '../decisions/local-decisions.js';
import { DEFAULT_INTERVAL_MS, MAX_INTERVAL_MS, MIN_INTERVAL_MS } from './pull-budget.js';

/** The options of the refresh. */
export const refreshOptions = {
  refreshIntervalMs: z
    .number()
    .int()
    .min(MIN_INTERVAL_MS, `must be at least ${MIN_INTERVAL_MS} (2 hours): the network asks for no more`)
    .max(MAX_INTERVAL_MS, `must be at most ${MAX_INTERVAL_MS} (a day): the network asks for at least one`)
    .default(DEFAULT_INTERVAL_MS),
  maxLocalDecisions: z.number().int().min(100).max(1_000_000).default(DEFAULT_LOCAL_LIMIT),
  keepNonPublicListEntries: z.boolean().default(false),
};
