import { DeadlineExceeded } from '../deadline.js';
import { CrowdsecError, type CrowdsecErrorDetails } from '../errors.js';
import { failureAdvice, proxyAdvice, type Destination } from './failure-advice.js';
import { failureReason } from './failure-reason.js';
import { AnswerTooLarge, quoteAnswer } from './read-answer.js';
import { parseRetryAfter } from './retry-after.js';

/** How a message names whom a call went to. */
export function inParentheses({ name, proxy }: Destination): string {
  return proxy === undefined ? `(${name})` : `(${name}, through the proxy ${proxy.url})`;
}

/** Why a call got no answer, whom it went to, and what to do: without the end of its last sentence. */
export function describeFailure(error: unknown, destination: Destination): string {
  const reason = error instanceof DeadlineExceeded ? error.message : failureReason(error);
  return joined(`${reason} ${inParentheses(destination)}`, failureAdvice(error, destination));
}

/**
 * The error of a call that got no answer, or one that is no answer.
 *
 * @param call its name: `GET /v3/decisions/stream`
 */
export function failedCall(call: string, error: unknown, destination: Destination): CrowdsecError {
  if (error instanceof AnswerTooLarge) {
    const message = `${call} was answered by ${error.message} ${inParentheses(destination)}`;
    return new CrowdsecError('CROWDSEC_API_MALFORMED', message);
  }
  const message = `${call} failed: ${describeFailure(error, destination)}`;
  return new CrowdsecError('CROWDSEC_API_UNREACHABLE', message, { cause: error });
}

/**
 * The error of a call that was answered by a status that is no success.
 *
 * @param answer.text the body, as far as it was read
 * @param answer.nowMs the server's clock, where its answer does not tell it
 * @param answer.notFound what to check after a 404
 */
export function refusedCall(
  call: string,
  { status, headers }: Pick<Response, 'status' | 'headers'>,
  answer: { readonly text: string; readonly nowMs: number; readonly notFound: string },
  destination: Destination,
): CrowdsecError {
  const date = Date.parse(headers.get('date') ?? '');
  const retryAfterMs = parseRetryAfter(headers.get('retry-after'), Number.isNaN(date) ? answer.nowMs : date);
  const said = quoteAnswer(answer.text);
  const what = `${call} was answered ${status}${said === '' ? '' : `: ${said}`} ${inParentheses(destination)}`;
  const advice = status === 404 ? answer.notFound : statusAdvice(status, retryAfterMs, destination);
  const details: CrowdsecErrorDetails = { status, ...(retryAfterMs === undefined ? {} : { retryAfterMs }) };
  return new CrowdsecError('CROWDSEC_API_STATUS', joined(what, advice), details);
}

function statusAdvice(status: number, retryAfterMs: number | undefined, { proxy }: Destination): string {
  if (status === 407 && proxy !== undefined) return proxyAdvice(status, proxy);
  if (status >= 300 && status < 400)
    return 'Redirects are not followed: check the address, and whether a portal or a proxy answers in its place';
  if (retryAfterMs !== undefined && retryAfterMs > 0) return `It asks to wait ${Math.ceil(retryAfterMs / 1_000)} s`;
  if (status === 429) return 'Too many calls come from this address';
  const isDown = status === 502 || status === 503 || status === 504;
  return isDown ? 'It is out of order or overloaded, or what stands before it can not reach it' : '';
}

function joined(what: string, advice: string): string {
  return advice === '' ? what : `${what}. ${advice}`;
}
