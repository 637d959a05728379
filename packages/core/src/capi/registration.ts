import { CrowdsecError, isCrowdsecError, sentence } from '../errors.js';
import type { Credentials } from './credentials.js';
import type { Token } from './token.js';

/** The result of a registration; where it is ambiguous, a login decides. */
export type RegistrationOutcome =
  /** Any 2xx: the pair is known now. */
  | 'taken'
  /** No answer: it may have been taken. */
  | 'unanswered'
  | ContestedPair;

/** 400, 409 or 500: the id may be known already, with this password or another. */
export interface ContestedPair {
  /** What CAPI answered. */
  readonly contested: CrowdsecError;
}

/** A login that CAPI answered: with a token, or with the status of a refusal. */
export type LoginOutcome = { readonly token: Token } | { readonly refused: 401 | 403; readonly error: CrowdsecError };

/** The calls that validate a pair, each with its budget. */
export interface ValidationCalls {
  register(pair: Credentials): Promise<RegistrationOutcome>;
  login(pair: Credentials): Promise<LoginOutcome>;
}

/**
 * Makes CAPI and us agree on a pair that no login has validated yet, whatever was cut off before.
 *
 * A pair that may have been sent before is tried with a login first; one that is refused is registered (again); only a pair that
 * both a login and a registration refuse is contested: it may be given up.
 *
 * @param isNew the pair was made just now, so CAPI can't know it
 * @throws CrowdsecError what a call threw when it settles nothing; the pair stays pending
 */
export async function validatePair(
  calls: ValidationCalls,
  pair: Credentials,
  isNew: boolean,
): Promise<{ readonly token: Token } | ContestedPair> {
  if (isNew) await calls.register(pair);
  const first = await calls.login(pair);
  if ('token' in first) return first;

  const again = await calls.register(pair);
  if (typeof again === 'object') return again;
  const second = again === 'taken' ? await calls.login(pair) : first;
  if ('token' in second) return second;
  throw new CrowdsecError(
    'CROWDSEC_REGISTRATION_FAILED',
    `CAPI refuses the login of a pair that it does not refuse to register: ${sentence(second.error.message)} The same pair is tried again later.`,
  );
}

/**
 * The outcome that a failed registration stands for.
 *
 * @see PHP's client: CAPI answers 500 to an id that it knows; other servers answer 400 or 409
 * @throws the error itself when it settles nothing (403, 429, 502, …)
 */
export function outcomeOf(error: unknown): RegistrationOutcome {
  if (isCrowdsecError(error, 'CROWDSEC_API_UNREACHABLE')) return 'unanswered';
  if (!isCrowdsecError(error, 'CROWDSEC_API_STATUS')) throw error;
  const { status } = error;
  if (status === 400 || status === 409 || status === 500) return { contested: error };
  throw error;
}
