import * as z from 'zod';
import { CROWDSEC_ERROR_CODES, type CrowdsecErrorCode } from '../errors.js';
import { storedMomentSchema } from '../stored-moment.js';

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;

/** The network asks for at most one pull in two hours… */
export const MIN_INTERVAL_MS = 2 * HOUR_MS;
/** … and at least one a day. */
export const MAX_INTERVAL_MS = 24 * HOUR_MS;
export const DEFAULT_INTERVAL_MS = 4 * HOUR_MS;

const FIRST_BACKOFF_MS = MINUTE_MS;
const MAX_BACKOFF_MS = 2 * HOUR_MS;

/** How far a stored backoff may reach: the longest gap with its jitter. */
export const MAX_STORED_WAIT_MS = 1.2 * MAX_BACKOFF_MS;

/** What is remembered of pulls, beside the snapshot: it is written before a call leaves. */
export const pullRecordSchema = z.object({
  /** Tries in a row whose decisions were not stored; counted before the call leaves, so that a crash counts too. */
  failures: z.number().int().min(0),
  /** When the last of them was made, in ms since the epoch. */
  failedAt: storedMomentSchema,
  waitMs: z
    .number()
    .min(0)
    .transform((ms) => Math.min(ms, MAX_STORED_WAIT_MS)),
  /** When CAPI answered a pull for the last time, in ms since the epoch: it counts although its snapshot is lost. */
  pulledAt: storedMomentSchema.optional(),
  /** Why the last of them failed, for the health of all processes. */
  failure: z
    .object({ code: z.enum(CROWDSEC_ERROR_CODES), message: z.string(), since: storedMomentSchema })
    .optional()
    .catch(undefined),
});

/** Why CAPI could not be asked for decisions. */
export interface CapiPullFailure {
  /** Of what failed first: `CROWDSEC_API_UNREACHABLE` for a login that got no answer, whoever waits for the next one. */
  readonly code: CrowdsecErrorCode;
  /** With the host and what to do. */
  readonly message: string;
  /** When the first of the failures in a row was, in ms since the epoch. */
  readonly since: number;
}

export type PullRecord = z.output<typeof pullRecordSchema>;

export const NO_FAILURES: PullRecord = { failures: 0, failedAt: 0, waitMs: 0 };

/** The record with one more try that is not stored yet. */
export function recordPullAttempt(record: PullRecord, now: number, random: number): PullRecord {
  const backoffMs = Math.min(MAX_BACKOFF_MS, FIRST_BACKOFF_MS * 2 ** record.failures);
  const waitMs = Math.round(backoffMs * (0.8 + 0.4 * random));
  return { ...record, failures: record.failures + 1, failedAt: now, waitMs };
}

/** In place of a record that can't be read: its budget counts as spent for the whole of its window. */
export function spentRecord(now: number): PullRecord {
  return { failures: 1, failedAt: now, waitMs: MIN_INTERVAL_MS };
}

export type PullPermission =
  | { readonly granted: true }
  | { readonly granted: false; readonly reason: 'budget' | 'backoff'; readonly nextAt: number };

/**
 * Whether decisions may be pulled now: not sooner than two hours after the last pull that was answered, and with
 * growing gaps while pulls fail. All moments are those of one clock, none of them in the future.
 */
export function pullPermission(input: {
  readonly pulledAt: number | undefined;
  readonly record: Pick<PullRecord, 'failures' | 'failedAt' | 'waitMs'>;
  readonly now: number;
}): PullPermission {
  const { pulledAt, record, now } = input;
  const budgetAt = pulledAt === undefined ? now : pulledAt + MIN_INTERVAL_MS;
  if (budgetAt > now) return { granted: false, reason: 'budget', nextAt: budgetAt };
  const backoffAt = record.failedAt + record.waitMs;
  if (record.failures > 0 && backoffAt > now) return { granted: false, reason: 'backoff', nextAt: backoffAt };
  return { granted: true };
}
