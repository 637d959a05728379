import type { BouncerResponse } from '../bouncer/verdict.js';
import { isHeader } from '../http/is-header.js';

/** Said by the host about the message itself. */
const FRAMING =
  /^(?:connection|content-length|content-encoding|date|http2-settings|keep-alive|proxy-connection|te|trailer|transfer-encoding|upgrade)$/i;

/** What every page of a challenge carries, unless the challenge itself says otherwise: no cache may keep one. */
const COMMON_HEADERS = {
  'cache-control': 'no-store',
  'content-type': 'text/html; charset=utf-8',
  'x-content-type-options': 'nosniff',
};

/**
 * The answer to a client by which AppSec challenges it: page, headers and cookies as given; `undefined` where there is no page. What HTTP
 * can't carry is left out.
 */
export function challengePage(answer: Readonly<Record<string, unknown>>, status: number): BouncerResponse | undefined {
  const { user_body_content: body, user_headers: given, user_cookies: cookies } = answer;
  if (typeof body !== 'string' || body === '') return undefined;
  const headers: Record<string, string | string[]> = { ...COMMON_HEADERS };
  for (const [name, value] of Object.entries(isRecord(given) ? given : {})) {
    const lines = linesOf(name, value);
    const [only] = lines;
    if (only !== undefined && !FRAMING.test(name)) headers[name.toLowerCase()] = lines.length === 1 ? only : lines;
  }
  const setCookies = [...listOf(headers['set-cookie']), ...linesOf('set-cookie', cookies)];
  return { status, headers: setCookies.length === 0 ? headers : { ...headers, 'set-cookie': setCookies }, body };
}

function linesOf(name: string, value: unknown): string[] {
  const lines: readonly unknown[] = Array.isArray(value) ? value : [value];
  return lines.filter((line): line is string => isHeader(name, line));
}

function listOf(value: string | readonly string[] | undefined): readonly string[] {
  if (value === undefined) return [];
  return typeof value === 'string' ? [value] : value;
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
