/** What a line of an access log tells. */
export interface LogEntry {
  readonly ip: string;
  /** Empty for none. */
  readonly user: string;
  /** In ms since 1970. */
  readonly at: number;
  readonly method: string;
  /** Without query; empty for a request that is no HTTP. */
  readonly path: string;
  readonly status: number;
  /** Empty for none. */
  readonly userAgent: string;
}

/**
 * One line of an access log in the common or the combined format, as servers write it by default:
 *
 *     203.0.113.7 - alice [22/Nov/2026:12:00:00 +0000] "GET /hello?a=1 HTTP/1.1" 200 5 "https://example.com/" "Mozilla/5.0"
 */
const LINE = /^(\S+) \S+ (\S+) \[([^\]]+)\] "((?:[^"\\]|\\.)*)" (\d{3}) \S+(?: "(?:[^"\\]|\\.)*" "((?:[^"\\]|\\.)*)")?/;
const TIME = /^(\d{2})\/([A-Z][a-z]{2})\/(\d{4}):(\d{2}):(\d{2}):(\d{2}) ([+-])(\d{2})(\d{2})$/;
const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];

/**
 * What a line tells, or `undefined` when it is none of these formats. The path is without query; a request that is no HTTP (a TLS
 * handshake on a plain port, say) has an empty one.
 */
export function parseLine(line: string): LogEntry | undefined {
  const match = LINE.exec(line);
  if (match === null) return undefined;
  const [, ip = '', user = '', time = '', request = '', status = '', userAgent = ''] = match;
  const at = timeOf(time);
  if (at === undefined) return undefined;
  const [method = '', target = '', protocol] = request.split(' ');
  const isHttp = protocol?.startsWith('HTTP/') === true;
  return {
    ip,
    user: user === '-' ? '' : user,
    at,
    method: isHttp ? method : '',
    path: isHttp ? target.replace(/[?#].*$/, '') : '',
    status: Number(status),
    userAgent: userAgent === '-' ? '' : userAgent,
  };
}

/** Lines come by the second: most have the time of the one before. */
let last = { text: '', at: 0 };

function timeOf(text: string): number | undefined {
  if (text === last.text) return last.at;
  const match = TIME.exec(text);
  if (match === null) return undefined;
  const [, dayText, monthName = '', ...rest] = match;
  const [year = 0, hour = 0, minute = 0, second = 0] = rest.map(Number);
  const [sign, zoneHours, zoneMinutes] = rest.slice(4);
  const [day, month] = [Number(dayText), MONTHS.indexOf(monthName)];
  const date = new Date(Date.UTC(year, month, day));
  // A date that there is not (31 February) comes out as another one, and so does a year of one or two digits.
  if (month < 0 || date.getUTCDate() !== day || date.getUTCMonth() !== month || date.getUTCFullYear() !== year)
    return undefined;
  // The 60th second is a leap second.
  if (hour > 23 || minute > 59 || second > 60 || Number(zoneHours) > 14 || Number(zoneMinutes) > 59) return undefined;
  const local = Date.UTC(year, month, day, hour, minute, second);
  const offsetMs = (Number(zoneHours) * 60 + Number(zoneMinutes)) * 60_000 * (sign === '-' ? -1 : 1);
  last = { text, at: local - offsetMs };
  return last.at;
}
