import { z } from 'zod';
import { CrowdsecError } from '../errors.js';
import { Secret } from '../secret.js';
import { DAY_MS } from './login-budget.js';

/** A token is renewed this long before it expires. */
const RENEW_BEFORE_MS = 60_000;
/** A scenario that no process has declared for this long is no longer told to CAPI. */
const SCENARIO_KEPT_MS = DAY_MS;

/** What a login gives: a JWT, and the scenarios that it was given for. */
export interface Token {
  readonly machineId: string;
  readonly jwt: Secret;
  /** In ms since the epoch. */
  readonly expiresAt: number;
  /** Each scenario told at login, with when a process last declared it. */
  readonly scenarios: Readonly<Record<string, number>>;
}

const storedTokenSchema = z.object({
  machineId: z.string(),
  jwt: z.string(),
  expiresAt: z.number(),
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

export function isUsable(token: Token, now: number): boolean {
  return token.expiresAt - RENEW_BEFORE_MS > now;
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

const loginAnswerSchema = z.object({ token: z.string().min(1), expire: z.string() });

/**
 * Reads the answer to a login.
 *
 * @throws CrowdsecError `CROWDSEC_API_MALFORMED` when it holds no token, or an expiry that is not RFC 3339
 */
export function tokenFromAnswer(body: unknown, machineId: string, scenarios: Readonly<Record<string, number>>): Token {
  const answer = loginAnswerSchema.safeParse(body);
  const expiresAt = answer.success ? Date.parse(answer.data.expire) : NaN;
  if (!answer.success || Number.isNaN(expiresAt)) {
    throw new CrowdsecError('CROWDSEC_API_MALFORMED', 'The login was answered without a token and an RFC 3339 expiry.');
  }
  return { machineId, jwt: new Secret(answer.data.token), expiresAt, scenarios };
}
