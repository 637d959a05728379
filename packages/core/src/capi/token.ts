import * as z from 'zod';
import { CrowdsecError } from '../errors.js';
import { Secret } from '../secret.js';
import { storedMomentSchema } from '../stored-moment.js';
import { DAY_MS, HOUR_MS } from './login-budget.js';
import type { ServerClock } from './server-clock.js';

/** A token is renewed this long before it expires. */
const RENEW_BEFORE_MS = 60_000;
/** The lifetime of a token of CAPI, if its answer contains none. */
const USUAL_LIFE_MS = HOUR_MS;
/** A scenario that no process has declared for this long is no longer declared to CAPI. */
const SCENARIO_KEPT_MS = DAY_MS;

/** What a login gives: a JWT, and the scenarios that it was given for. */
export interface Token {
  readonly machineId: string;
  readonly jwt: Secret;
  /** By CAPI's clock, in ms since the epoch. */
  readonly expiresAt: number;
  /** By how much the wall clock of whoever logged in was ahead of CAPI's, in ms; negative when it was behind. */
  readonly clockSkewMs: number;
  /** Each scenario declared at login, with the time when a process last declared it. */
  readonly scenarios: Readonly<Record<string, number>>;
}

/** The characters that a header may contain: with any other, every call would fail before it is sent. */
export const jwtSchema = z.string().regex(/^[\x21-\x7e]+$/);

const storedTokenSchema = z.object({
  machineId: z.string(),
  jwt: jwtSchema,
  expiresAt: storedMomentSchema,
  clockSkewMs: z.number().default(0),
  scenarios: z.record(z.string(), z.number()),
});

/** Reads a token back from the store; an unreadable one is none. */
export function restoreToken(value: unknown): Token | undefined {
  const stored = storedTokenSchema.safeParse(value);
  return stored.success ? { ...stored.data, jwt: new Secret(stored.data.jwt) } : undefined;
}

/** The token as the store keeps it. */
export function storableToken(token: Token): z.output<typeof storedTokenSchema> {
  return { ...token, scenarios: { ...token.scenarios }, jwt: token.jwt.reveal() };
}

/** @param serverNow CAPI's time, in ms since the epoch */
export function isUsable(token: Pick<Token, 'expiresAt'>, serverNow: number): boolean {
  return token.expiresAt - RENEW_BEFORE_MS > serverNow;
}

export function declares(token: Token, scenarios: readonly string[]): boolean {
  return scenarios.every((scenario) => scenario in token.scenarios);
}

/**
 * What the next login tells: our scenarios, and those that other processes of this installation declared within a day, so that two
 * versions of an application do not log in by turns.
 */
export function scenariosToDeclare(
  own: readonly string[],
  previous: Token | undefined,
  now: number,
): Readonly<Record<string, number>> {
  const others = Object.entries(previous?.scenarios ?? {}).filter(([, at]) => at > now - SCENARIO_KEPT_MS);
  return Object.fromEntries([...others, ...own.map((scenario) => [scenario, now] as const)]);
}

const loginAnswerSchema = z.object({ token: jwtSchema, expire: z.string() });

/**
 * Reads the answer to a login. An answer that contradicts CAPI's clock, as it is known, sets that clock: nobody is given a token that
 * has expired.
 *
 * @throws CrowdsecError `CROWDSEC_API_MALFORMED` when it holds no token, or an expiry that is not RFC 3339
 */
export function tokenFromAnswer(
  body: unknown,
  told: Pick<Token, 'machineId' | 'scenarios'>,
  serverClock: ServerClock,
): Token {
  const answer = loginAnswerSchema.safeParse(body);
  const expiresAt = answer.success ? Date.parse(answer.data.expire) : NaN;
  if (!answer.success || Number.isNaN(expiresAt)) {
    throw new CrowdsecError('CROWDSEC_API_MALFORMED', 'The login was answered without a token and an RFC 3339 expiry.');
  }
  const jwt = new Secret(answer.data.token);
  const issuedAt = issuedAtOf(jwt);
  if (!serverClock.isKnown && issuedAt !== undefined) serverClock.assume(issuedAt);
  if (!isUsable({ expiresAt }, serverClock.latest())) serverClock.assume(issuedAt ?? expiresAt - USUAL_LIFE_MS);
  return { ...told, jwt, expiresAt, clockSkewMs: serverClock.skewMs };
}

/** When the token was issued, in ms by CAPI's clock, as it tells itself (`iat`); `undefined` when it does not. */
function issuedAtOf(jwt: Secret): number | undefined {
  try {
    const [, payload = ''] = jwt.reveal().split('.');
    const { iat } = JSON.parse(Buffer.from(payload, 'base64url').toString()) as { iat?: unknown };
    return typeof iat === 'number' && Number.isFinite(iat) ? iat * 1000 : undefined;
  } catch {
    return undefined;
  }
}
