import { z } from 'zod';
import { notInFuture } from '../clock.js';
import { CrowdsecError } from '../errors.js';

const MINUTE_MS = 60_000;
export const HOUR_MS = 60 * MINUTE_MS;
export const DAY_MS = 24 * HOUR_MS;

/** CrowdSec bans an address for an hour after 20 logins in 50 minutes; we stay far below, whatever crashes. */
const LOGINS_PER_HOUR = 5;

/**
 * The wait after an attempt that nobody saw the end of (the process was killed, or CAPI did not answer sensibly), by how many such
 * there were in a row: a loop of crashes makes three attempts in ten minutes, not fifty.
 */
const WAIT_AFTER_LOST_MS = [5_000, MINUTE_MS, 10 * MINUTE_MS, 20 * MINUTE_MS, 40 * MINUTE_MS] as const;

/** 403 on this many hourly tries in a row means the credentials, not the address. */
export const FORBIDDEN_BEFORE_REJECTED = 3;

const attemptsSchema = z.object({
  /** When the attempts of the last hour were made. */
  at: z.array(z.number()),
  /** Attempts in a row without a sensible answer. */
  lost: z.number(),
  /** A server asked to wait this long after the last attempt. */
  retryAfterMs: z.number(),
});

/** What the session must remember across restarts and processes. Durations, not deadlines: a clock that was wrong heals itself. */
export const sessionRecordSchema = z.object({
  logins: attemptsSchema,
  registrations: attemptsSchema,
  /** Logins in a row that were answered 403. */
  forbiddenInARow: z.number(),
  /** When a refused pair was last given up for a new one. */
  replacedAt: z.number().optional(),
  stop: z
    .object({
      since: z.number(),
      forMs: z.number(),
      code: z.enum([
        'CROWDSEC_LOGIN_FORBIDDEN',
        'CROWDSEC_CALL_REFUSED',
        'CROWDSEC_CREDENTIALS_REJECTED',
        'CROWDSEC_REGISTRATION_FAILED',
      ]),
      message: z.string(),
    })
    .optional(),
});

export type SessionRecord = z.output<typeof sessionRecordSchema>;
export type Attempts = z.output<typeof attemptsSchema>;
export type Stop = NonNullable<SessionRecord['stop']>;

const NO_ATTEMPTS: Attempts = { at: [], lost: 0, retryAfterMs: 0 };

export const NEW_RECORD: SessionRecord = { logins: NO_ATTEMPTS, registrations: NO_ATTEMPTS, forbiddenInARow: 0 };

/**
 * The record with every moment that lies in the future moved to now: a clock that ran ahead when it was written holds nobody up
 * for longer than the wait itself. The same record when there is none.
 */
export function healed(record: SessionRecord, now: number): SessionRecord {
  const { logins, registrations, stop } = record;
  const latest = Math.max(...logins.at, ...registrations.at, stop?.since ?? 0);
  if (latest <= now) return record;
  const heal = (attempts: Attempts): Attempts => ({ ...attempts, at: attempts.at.map((at) => notInFuture(at, now)) });
  return {
    ...record,
    logins: heal(logins),
    registrations: heal(registrations),
    ...(stop === undefined ? {} : { stop: { ...stop, since: notInFuture(stop.since, now) } }),
  };
}

/** Until when all calls rest; `undefined` when none do. */
export function stoppedUntil(record: SessionRecord, now: number): number | undefined {
  if (record.stop === undefined) return undefined;
  const until = record.stop.since + record.stop.forMs;
  return until > now ? until : undefined;
}

/** @throws CrowdsecError with the code of the stop, when all calls rest */
export function refuseWhileStopped(record: SessionRecord, now: number): void {
  const nextAt = stoppedUntil(record, now);
  if (nextAt === undefined || record.stop === undefined) return;
  throw new CrowdsecError(record.stop.code, `${record.stop.message} Nothing is sent before ${time(nextAt)}.`, {
    nextAt,
  });
}

/** The earliest moment at which one more attempt fits the budget; at most `now` when that is now. */
export function nextAttemptAt(attempts: Attempts, now: number): number {
  const made = withinTheHour(attempts, now);
  const last = made.at(-1);
  if (last === undefined) return now;
  const lostMs = attempts.lost === 0 ? 0 : WAIT_AFTER_LOST_MS[Math.min(attempts.lost, WAIT_AFTER_LOST_MS.length) - 1]!;
  const spaced = last + Math.max(lostMs, attempts.retryAfterMs);
  const oldestThatCounts = made.at(-LOGINS_PER_HOUR);
  return Math.max(spaced, oldestThatCounts === undefined ? now : oldestThatCounts + HOUR_MS);
}

/** @throws CrowdsecError with the given code and the time of the next attempt, when none fits the budget now */
export function refuseBeyondBudget(
  attempts: Attempts,
  now: number,
  code: 'CROWDSEC_LOGIN_BUDGET' | 'CROWDSEC_REGISTRATION_FAILED',
): void {
  const nextAt = nextAttemptAt(attempts, now);
  if (nextAt <= now) return;
  const what = code === 'CROWDSEC_LOGIN_BUDGET' ? 'login' : 'registration';
  const isSpent = attemptsLastHour(attempts, now) >= LOGINS_PER_HOUR;
  const why = isSpent
    ? `The ${what} budget is spent (${LOGINS_PER_HOUR} an hour)`
    : `CAPI did not answer the last ${what}`;
  throw new CrowdsecError(code, `${why}; the next one is possible at ${time(nextAt)}.`, { nextAt });
}

/** The attempts with one more, counted as lost until its answer is known: written before the call leaves. */
export function attempted(attempts: Attempts, now: number): Attempts {
  return { at: [...withinTheHour(attempts, now), now], lost: attempts.lost + 1, retryAfterMs: 0 };
}

/** The attempts after an answer that settles something, be it yes or no. */
export function answered(attempts: Attempts): Attempts {
  return { ...attempts, lost: 0 };
}

/** The attempts after an answer that asks for patience. */
export function postponed(attempts: Attempts, retryAfterMs: number): Attempts {
  return { ...attempts, retryAfterMs };
}

/** How many attempts the last hour saw. */
export function attemptsLastHour(attempts: Attempts, now: number): number {
  return withinTheHour(attempts, now).length;
}

function withinTheHour(attempts: Attempts, now: number): number[] {
  return attempts.at.filter((at) => at > now - HOUR_MS);
}

function time(ms: number): string {
  return new Date(ms).toISOString();
}
