import { redact } from './redaction/redaction.js';
import { redactedError } from './redaction/redacted-error.js';

/**
 * Every way in which the SDK says no. The code is stable: match on it, never on the message.
 *
 * | code | what it means |
 * |---|---|
 * | `CROWDSEC_OPTION_INVALID` | an option or an argument is wrong; `path` names it |
 * | `CROWDSEC_SCENARIO_UNDECLARED` | a signal names a scenario that the `scenarios` option does not list |
 * | `CROWDSEC_NO_DURABLE_STORE` | nothing registers without a store that outlives the process (`ephemeral: true` opts in) |
 * | `CROWDSEC_LOGIN_BUDGET` | five logins were spent within an hour; `nextAt` says when the next one may happen, `cause` why the last one failed, if it did |
 * | `CROWDSEC_LOGIN_FORBIDDEN` | CAPI answered 403 to a login: all calls stop until `nextAt` |
 * | `CROWDSEC_CREDENTIALS_REJECTED` | CAPI refuses credentials that it once accepted, and one try a day remains; or a local API refuses the login of the machine, and `nextAt` says when it is tried again |
 * | `CROWDSEC_REGISTRATION_FAILED` | CAPI did not take the registration; `nextAt` says when it may be tried again |
 * | `CROWDSEC_CALL_REFUSED` | a call was refused again right after a fresh login: all calls stop until `nextAt` |
 * | `CROWDSEC_API_STATUS` | CAPI answered a status that is not a success; `status` holds it |
 * | `CROWDSEC_API_MALFORMED` | CAPI answered something that is not what the contract says |
 * | `CROWDSEC_API_UNREACHABLE` | no answer: refused, cut, or too slow |
 * | `CROWDSEC_STORE_UNAVAILABLE` | the store did not answer within its deadline, or is damaged |
 * | `CROWDSEC_STORE_NEWER` | a newer version of this package wrote what the store holds, in a format that this one does not know |
 * | `CROWDSEC_LEASE_BUSY` | another process holds the lease that this operation needs |
 * | `CROWDSEC_STOPPED` | the agent was stopped |
 */
export type CrowdsecErrorCode =
  | 'CROWDSEC_OPTION_INVALID'
  | 'CROWDSEC_SCENARIO_UNDECLARED'
  | 'CROWDSEC_NO_DURABLE_STORE'
  | 'CROWDSEC_LOGIN_BUDGET'
  | 'CROWDSEC_LOGIN_FORBIDDEN'
  | 'CROWDSEC_CREDENTIALS_REJECTED'
  | 'CROWDSEC_REGISTRATION_FAILED'
  | 'CROWDSEC_CALL_REFUSED'
  | 'CROWDSEC_API_STATUS'
  | 'CROWDSEC_API_MALFORMED'
  | 'CROWDSEC_API_UNREACHABLE'
  | 'CROWDSEC_STORE_UNAVAILABLE'
  | 'CROWDSEC_STORE_NEWER'
  | 'CROWDSEC_LEASE_BUSY'
  | 'CROWDSEC_STOPPED';

/** The codes, for what is read from a store. */
export const CROWDSEC_ERROR_CODES = [
  'CROWDSEC_OPTION_INVALID',
  'CROWDSEC_SCENARIO_UNDECLARED',
  'CROWDSEC_NO_DURABLE_STORE',
  'CROWDSEC_LOGIN_BUDGET',
  'CROWDSEC_LOGIN_FORBIDDEN',
  'CROWDSEC_CREDENTIALS_REJECTED',
  'CROWDSEC_REGISTRATION_FAILED',
  'CROWDSEC_CALL_REFUSED',
  'CROWDSEC_API_STATUS',
  'CROWDSEC_API_MALFORMED',
  'CROWDSEC_API_UNREACHABLE',
  'CROWDSEC_STORE_UNAVAILABLE',
  'CROWDSEC_STORE_NEWER',
  'CROWDSEC_LEASE_BUSY',
  'CROWDSEC_STOPPED',
] as const satisfies readonly CrowdsecErrorCode[];

const MAX_MESSAGE_CHARS = 2_000;

export interface CrowdsecErrorDetails {
  readonly cause?: unknown;
  /** The option or argument that is wrong, as `signals.bufferSize` or `[3].ip`. */
  readonly path?: string;
  /** The HTTP status of the answer. */
  readonly status?: number;
  /** When the same thing may be tried again, in ms since the epoch. */
  readonly nextAt?: number;
  /** How long the server asked to wait (`Retry-After`), in ms. */
  readonly retryAfterMs?: number;
  /** The server refused what is in the call, so that the same call is of no use again. */
  readonly refusesContent?: boolean;
}

/** The one error class of the SDK: a stable `code`, a message that says what to do, and the `cause`. */
export class CrowdsecError extends Error {
  readonly code: CrowdsecErrorCode;
  declare readonly path?: string;
  declare readonly status?: number;
  declare readonly nextAt?: number;
  declare readonly retryAfterMs?: number;
  declare readonly refusesContent?: boolean;

  constructor(code: CrowdsecErrorCode, message: string, details: CrowdsecErrorDetails = {}) {
    super(redact(message), details.cause === undefined ? undefined : { cause: redactedError(details.cause, isOurs) });
    redacted.add(this);
    this.name = 'CrowdsecError';
    this.code = code;
    if (details.path !== undefined) this.path = details.path;
    if (details.status !== undefined) this.status = details.status;
    if (details.nextAt !== undefined) this.nextAt = details.nextAt;
    if (details.retryAfterMs !== undefined) this.retryAfterMs = details.retryAfterMs;
    if (details.refusesContent !== undefined) this.refusesContent = details.refusesContent;
  }
}

/** Errors whose texts have been redacted: others may only look like ours. */
const redacted = new WeakSet();

function isOurs(error: unknown): boolean {
  return typeof error === 'object' && error !== null && redacted.has(error);
}

/** True for a {@link CrowdsecError}, of the given code when one is named; works across copies of the package. */
export function isCrowdsecError(error: unknown, code?: CrowdsecErrorCode): error is CrowdsecError {
  if (!(error instanceof Error) || error.name !== 'CrowdsecError' || !('code' in error)) return false;
  return code === undefined || error.code === code;
}

/** What failed first, as far as an error of ours tells: the one that others of ours follow from. */
export function firstCause(error: CrowdsecError): CrowdsecError {
  return isCrowdsecError(error.cause) ? firstCause(error.cause) : error;
}

/** What was thrown, as an error without secrets; an error of ours as it is. */
export function asError(thrown: unknown): Error {
  const error = redactedError(thrown, isOurs);
  return error instanceof Error ? error : new Error(messageOf(thrown));
}

/** The message of anything that was thrown, in one line, without secrets. Never throws itself. */
export function messageOf(error: unknown): string {
  try {
    const text = error instanceof Error ? error.message : String(error);
    return excerpt(text, MAX_MESSAGE_CHARS);
  } catch {
    return 'something that has no text';
  }
}

/** What steers a terminal, or turns the direction in which a line is shown. */
const CONTROL = /[\p{Cc}\u200e\u200f\u202a-\u202e\u2066-\u2069]/gu;

/** A text from outside in one line, without secrets, cut to so many characters. Control characters become U+FFFD. */
export function excerpt(text: string, longest: number): string {
  const line = redact(text).replace(/\s+/g, ' ').trim().replace(CONTROL, '\ufffd');
  return line.length > longest ? `${line.slice(0, longest)}…` : line;
}

/** A text with the end of a sentence, unless it has one. */
export function sentence(text: string): string {
  return /[.?!…]$/.test(text) ? text : `${text}.`;
}
