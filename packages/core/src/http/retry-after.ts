/** A server may ask for days; nobody waits longer than this for one answer. */
const MAX_MS = 24 * 3_600_000;

/**
 * The wait that a `Retry-After` header asks for, in ms, at most a day; `undefined` for none or an unreadable one.
 *
 * @param header seconds or an HTTP date (RFC 9110, section 10.2.3)
 * @param serverNowMs the server's own clock, from its `Date` header where it gave one
 */
export function parseRetryAfter(header: string | null, serverNowMs: number): number | undefined {
  if (header === null) return undefined;
  const text = header.trim();
  const ms = /^\d+$/.test(text) ? Number(text) * 1000 : Date.parse(text) - serverNowMs;
  return Number.isNaN(ms) ? undefined : Math.min(Math.max(0, ms), MAX_MS);
}
