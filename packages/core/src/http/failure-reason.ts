import { messageOf } from '../errors.js';

/** An error that wraps itself, or a chain that somebody made by hand, ends here. */
const DEEPEST_CAUSE = 8;

/**
 * Why a call got no answer: the innermost causes, for `fetch failed` says nothing. Each is given with its system code
 * (`ECONNREFUSED`, `ENOTFOUND`, `DEPTH_ZERO_SELF_SIGNED_CERT`, …) when the message lacks it.
 */
export function failureReason(error: unknown): string {
  const causes = new Set(innermostCauses(error, DEEPEST_CAUSE).map(withCode));
  causes.delete('');
  return causes.size === 0 ? 'no reason given' : [...causes].join(', ');
}

/** A host with several addresses fails with an `AggregateError` that has no message of its own. */
function innermostCauses(error: unknown, depth: number): readonly unknown[] {
  if (depth === 0 || !(error instanceof Error)) return [error];
  if (error instanceof AggregateError && error.errors.length > 0) {
    return error.errors.flatMap((each: unknown) => innermostCauses(each, depth - 1));
  }
  return error.cause === undefined ? [error] : innermostCauses(error.cause, depth - 1);
}

function withCode(cause: unknown): string {
  const message = messageOf(cause);
  const code = cause instanceof Error && 'code' in cause && typeof cause.code === 'string' ? cause.code : '';
  return message.includes(code) ? message : `${message} (${code})`.trim();
}
