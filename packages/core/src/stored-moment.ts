import * as z from 'zod';

/** The last moment that a `Date` can hold, in ms since the epoch (ECMA-262, section 21.4.1.1). */
const LAST_MOMENT_MS = 8.64e15;
/** Nothing that is stored asks for a longer wait than this. */
const MAX_WAIT_MS = 24 * 3_600_000;

/** A moment in the store, in ms since the epoch: one that no `Date` can hold is damage, and would throw wherever it is shown. */
export const storedMomentSchema = z.number().min(0).max(LAST_MOMENT_MS);

/** A wait in the store, in ms: at most a day, whatever is stored, so that no damaged number stops anything for good. */
export const storedWaitSchema = z
  .number()
  .min(0)
  .transform((ms) => Math.min(ms, MAX_WAIT_MS));

/** How often something happened, in the store. */
export const storedCountSchema = z.number().int().min(0);
