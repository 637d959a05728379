import * as z from 'zod';
import { CROWDSEC_ERROR_CODES, CrowdsecError, firstCause, isCrowdsecError, messageOf, sentence } from '../errors.js';
import { storedCountSchema, storedMomentSchema, storedWaitSchema } from '../stored-moment.js';

const MINUTE_MS = 60_000;
export const HOUR_MS = 60 * MINUTE_MS;
export const DAY_MS = 24 * HOUR_MS;

/** CrowdSec bans an address for an hour after 20 logins in 50 minutes; we stay far below, whatever crashes. */
export const LOGINS_PER_HOUR = 5;

/**
 * The wait after an attempt that nobody saw the end of (the process was killed, or CAPI did not answer sensibly), by how many such
 * there were in a row: a loop of crashes makes three attempts in ten minutes, not fifty.
 */
const WAIT_AFTER_LOST_MS = [5_000, MINUTE_MS, 10 * MINUTE_MS, 20 * MINUTE_MS, 40 * MINUTE_MS] as const;

/** How much of an error is kept. */
const MAX_FAILURE_CHARS = 1_000;

/** 403 on this many hourly tries in a row means the credentials, not the address. */
export const FORBIDDEN_BEFORE_REJECTED = 3;

/** More attempts of an hour than all processes together ever make: a longer list is damage. */
const MAX_ATTEMPTS = 1_000;

const attemptsSchema = z.object({
  /** When the attempts of the last hour were made. */
  at: z.array(storedMomentSchema).max(MAX_ATTEMPTS),
  /** Attempts in a row without a sensible answer. */
  lost: storedCountSchema,
  /** A server asked to wait this long after the last attempt. */
  retryAfterMs: storedWaitSchema,
  /** What the last one failed with, when its answer settled nothing. */
  failure: z.string().optional(),
  /** The code of that error, and the status of the answer, if there was one. */
  failureCode: z.enum(CROWDSEC_ERROR_CODES).optional().catch(undefined),
  failureStatus: z.number().optional().catch(undefined),
});

/** What the session must remember across restarts and processes. Durations, not deadlines: a wrong clock delays no process for longer than the wait itself. */
export const sessionRecordSchema = z.object({
  logins: attemptsSchema,
  registrations: attemptsSchema,
  /** Logins in a row that were answered 403. */
  forbiddenInARow: storedCountSchema,
  /** When a refused pair was last given up for a new one. */
  replacedAt: storedMomentSchema.optional(),
  stop: z
    .object({
      since: storedMomentSchema,
      forMs: storedWaitSchema,
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

/** The record with each of its moments mapped. */
export function mapMoments(record: SessionRecord, map: (atMs: number) => number): SessionRecord {
  const { logins, registrations, replacedAt, stop } = record;
  return {
    ...record,
    logins: { ...logins, at: logins.at.map(map) },
    registrations: { ...registrations, at: registrations.at.map(map) },
    ...(replacedAt === undefined ? {} : { replacedAt: map(replacedAt) }),
    ...(stop === undefined ? {} : { stop: { ...stop, since: map(stop.since) } }),
  };
}

/** Whether a clock that ran ahead wrote it. */
export function liesInFuture({ logins, registrations, replacedAt, stop }: SessionRecord, now: number): boolean {
  return Math.max(...logins.at, ...registrations.at, replacedAt ?? 0, stop?.since ?? 0) > now;
}

/** What is left when the record can't be read: what was spent is unknown, so all of it counts as spent just now. */
export function spentRecord(known: SessionRecord, now: number): SessionRecord {
  const spent: Attempts = {
    at: Array.from({ length: LOGINS_PER_HOUR }, () => now),
    lost: 0,
    retryAfterMs: 0,
    failure: 'the record of earlier ones was damaged, so that all of them count as made',
  };
  return { ...known, logins: spent, registrations: spent };
}

/** One record of what this process could not write down and of what others have written since. */
export function mergeRecords(ours: SessionRecord, stored: SessionRecord): SessionRecord {
  const lastLogin = ours.logins.at.at(-1) ?? 0;
  const stops = [ours.stop, stored.stop].filter((stop) => stop !== undefined);
  // A login of ours that succeeded has ended a stop that was there before it.
  const standing = stops.filter((stop) => stop === ours.stop || stop.since > lastLogin);
  const { stop: _ours, ...rest } = ours;
  const stop = standing.sort((a, b) => b.since - a.since)[0];
  const replaced = [ours.replacedAt, stored.replacedAt].filter((at) => at !== undefined);
  return {
    ...rest,
    logins: mergeAttempts(ours.logins, stored.logins),
    registrations: mergeAttempts(ours.registrations, stored.registrations),
    ...(replaced.length === 0 ? {} : { replacedAt: Math.max(...replaced) }),
    ...(stop === undefined ? {} : { stop }),
  };
}

/** Attempts of the same moment are one, as often as either side has it. */
function mergeAttempts(ours: Attempts, stored: Attempts): Attempts {
  const left = [...stored.at];
  for (const at of ours.at) {
    const index = left.indexOf(at);
    if (index >= 0) left.splice(index, 1);
  }
  const newer = (stored.at.at(-1) ?? 0) > (ours.at.at(-1) ?? 0) ? stored : ours;
  return { ...newer, at: [...ours.at, ...left].sort((a, b) => a - b) };
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
function nextAttemptAt(attempts: Attempts, now: number): number {
  const made = withinTheHour(attempts, now);
  const last = made.at(-1);
  if (last === undefined) return now;
  const lostMs = attempts.lost === 0 ? 0 : WAIT_AFTER_LOST_MS[Math.min(attempts.lost, WAIT_AFTER_LOST_MS.length) - 1]!;
  const spaced = last + Math.max(lostMs, attempts.retryAfterMs);
  const oldestThatCounts = made.at(-LOGINS_PER_HOUR);
  return Math.max(spaced, oldestThatCounts === undefined ? now : oldestThatCounts + HOUR_MS);
}

/**
 * Says why no attempt may be made now: while one that failed is waited out, its own error; when the budget is spent, that, caused by this
 * error.
 *
 * @throws CrowdsecError with the time of the next attempt, when none fits the budget now
 */
export function refuseBeyondBudget(
  attempts: Attempts,
  now: number,
  code: 'CROWDSEC_LOGIN_BUDGET' | 'CROWDSEC_REGISTRATION_FAILED',
): void {
  const nextAt = nextAttemptAt(attempts, now);
  if (nextAt <= now) return;
  const what = code === 'CROWDSEC_LOGIN_BUDGET' ? 'login' : 'registration';
  const isSpent = attemptsLastHour(attempts, now) >= LOGINS_PER_HOUR;
  const cause = failureOf(attempts);
  const next = `The next ${what} is possible at ${time(nextAt)}.`;
  if (cause !== undefined && !isSpent) throw waitingAfter(cause, nextAt, next);
  const before = cause === undefined ? '' : `The last ${what} failed: ${sentence(cause.message)} `;
  const why = isSpent
    ? `The ${what} budget is spent (${LOGINS_PER_HOUR} an hour).`
    : `The last ${what} was cut off before its answer was known.`;
  throw new CrowdsecError(code, `${before}${why} ${next}`, { nextAt, cause });
}

/** @throws CrowdsecError the error of the last attempt, whose answer asked to wait, while that lasts */
export function refuseWhileAskedToWait(attempts: Attempts, now: number): void {
  const last = attempts.at.at(-1);
  const cause = failureOf(attempts);
  if (last === undefined || cause === undefined) return;
  const nextAt = last + attempts.retryAfterMs;
  if (nextAt > now) throw waitingAfter(cause, nextAt, `The next call is possible at ${time(nextAt)}.`);
}

/** The error of the last attempt, as it was, for whoever comes while it is waited out. */
function waitingAfter(cause: CrowdsecError, nextAt: number, next: string): CrowdsecError {
  const { status } = cause;
  const details = { nextAt, cause, ...(status === undefined ? {} : { status }) };
  return new CrowdsecError(cause.code, `${sentence(cause.message)} ${next}`, details);
}

/** Why the last login, of whichever process, settled nothing; or the last registration. */
export function recordedFailure({
  logins,
  registrations,
}: SessionRecord): Pick<CrowdsecError, 'code' | 'message'> | undefined {
  const error = failureOf(logins) ?? failureOf(registrations);
  return error && { code: error.code, message: error.message };
}

/** Why the last attempt settled nothing. */
function failureOf({ failure, failureCode, failureStatus: status }: Attempts): CrowdsecError | undefined {
  if (failure === undefined) return undefined;
  const code = failureCode ?? 'CROWDSEC_API_UNREACHABLE';
  return new CrowdsecError(code, failure, status === undefined ? {} : { status });
}

/** The attempts with one more, counted as lost until its answer is known: written before the call leaves. */
export function recordAttempt(attempts: Attempts, now: number): Attempts {
  return { at: [...withinTheHour(attempts, now), now], lost: attempts.lost + 1, retryAfterMs: 0 };
}

/** The attempts after an answer that settles something, be it yes or no. */
export function recordAnswer(attempts: Attempts): Attempts {
  const { at, retryAfterMs } = attempts;
  return { at, retryAfterMs, lost: 0 };
}

/** The attempts after one whose answer settled nothing: its error is reported until another attempt succeeds. */
export function deferNextAttempt(attempts: Attempts, error: unknown): Attempts {
  const ours = isCrowdsecError(error) ? firstCause(error) : undefined;
  const { at, lost } = attempts;
  return {
    at,
    lost,
    retryAfterMs: ours?.retryAfterMs ?? 0,
    failure: messageOf(error).slice(0, MAX_FAILURE_CHARS),
    ...(ours === undefined ? {} : { failureCode: ours.code }),
    ...(ours?.status === undefined ? {} : { failureStatus: ours.status }),
  };
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
