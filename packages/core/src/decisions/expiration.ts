import { NEVER, untilOf } from './row-source.js';

const DATE = /^(\d{4}-\d\d-\d\d)(?:[Tt ](\d\d:\d\d:\d\d)(\.\d+)?)? ?([Zz]|[+-]\d\d:\d\d)?$/;

/**
 * The end of an allowlist entry, in seconds. Absent, `null` and the zero date (`0001-01-01…`, what servers written
 * in Go send for an unset one) are never; RFC 3339, a date alone and a space in place of the `T` are read, without a
 * zone as UTC. Anything else counts as over: 0.
 */
export function untilOfExpiration(expiration: unknown): number {
  if (expiration === undefined || expiration === null) return NEVER;
  const match = typeof expiration === 'string' ? DATE.exec(expiration) : null;
  if (match === null) return 0;
  const [, date, time = '00:00:00', fraction = '', zone = 'Z'] = match;
  if (date!.startsWith('0001-')) return NEVER;
  const moment = Date.parse(`${date}T${time}${fraction.slice(0, 4)}${zone.toUpperCase()}`);
  return Number.isNaN(moment) ? 0 : untilOf(moment);
}
