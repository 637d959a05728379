import { messageOf } from '../errors.js';

/** An error that wraps itself, or a chain that somebody made by hand, ends here. */
const MAX_CAUSE_DEPTH = 8;

/** How undici says that a proxy refused to connect to the host. */
const PROXY_REFUSAL = /Proxy response \((\d{3})\)/;

/**
 * Why a call got no answer: the innermost causes, for `fetch failed` says nothing. Each is given with its system code
 * (`ECONNREFUSED`, `ENOTFOUND`, `DEPTH_ZERO_SELF_SIGNED_CERT`, …) when the message lacks it.
 */
export function failureReason(error: unknown): string {
  const causes = new Set(innermostCauses(error, MAX_CAUSE_DEPTH).map(inWords));
  causes.delete('');
  return causes.size === 0 ? 'no reason given' : [...causes].join(', ');
}

/** The system codes of the innermost causes. */
export function failureCodes(error: unknown): readonly string[] {
  return innermostCauses(error, MAX_CAUSE_DEPTH).map(codeOf);
}

/** The status by which a proxy refused to connect to the host; `undefined` when none did. */
export function proxyRefusal(error: unknown): number | undefined {
  return innermostCauses(error, MAX_CAUSE_DEPTH)
    .map((cause) => refusalIn(messageOf(cause)))
    .find((status) => status !== undefined);
}

/** A host with several addresses fails with an `AggregateError` that has no message of its own. */
function innermostCauses(error: unknown, depth: number): readonly unknown[] {
  if (depth === 0 || !(error instanceof Error)) return [error];
  if (error instanceof AggregateError && error.errors.length > 0) {
    return error.errors.flatMap((each: unknown) => innermostCauses(each, depth - 1));
  }
  return error.cause === undefined ? [error] : innermostCauses(error.cause, depth - 1);
}

function inWords(cause: unknown): string {
  const message = messageOf(cause);
  const status = refusalIn(message);
  if (status !== undefined) return `the proxy answered ${status}`;
  const code = codeOf(cause);
  return message.includes(code) ? message : `${message} (${code})`.trim();
}

function refusalIn(message: string): number | undefined {
  const status = PROXY_REFUSAL.exec(message)?.[1];
  return status === undefined ? undefined : Number(status);
}

function codeOf(cause: unknown): string {
  return cause instanceof Error && 'code' in cause && typeof cause.code === 'string' ? cause.code : '';
}
