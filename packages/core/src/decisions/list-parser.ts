import type { SkipCount } from './decision-delta.js';
import { readPrefix } from '../ip/parse.js';
import { untilOfExpiration } from './expiration.js';
import { LineReader } from './line-reader.js';
import { isNonPublicPrefix } from './non-public.js';
import { countryKey, kindOfScope, type RowSet, type ValueKind } from './row-set.js';
import { NEVER } from './row-source.js';

/** Reads the entries of one list into rows, piece by piece as it is downloaded. */
export interface ListParser {
  /** Takes the next piece of the text, of any length. */
  push(piece: string): void;
  /** There is no more: reads a last line without an end. */
  finish(): void;
  /** How many lines were entries. */
  readonly entries: number;
  /** How many lines were of the list's format, entries that are over among them. A page in place of a list has none. */
  readonly recognised: number;
}

export interface BlocklistRows {
  /** `undefined` for a scope that is kept out: then its lines are only counted. */
  readonly kind: ValueKind | undefined;
  readonly rows: RowSet;
  readonly source: number;
  /** In seconds, for all of its entries. */
  readonly until: number;
  readonly skipped: SkipCount;
  /** Keeps non-public addresses; by default they are left out and counted. */
  readonly keepNonPublic?: boolean | undefined;
}

/**
 * One value a line; a comment (`#` or `;`) may follow it or fill the line.
 *
 * @see the guide's blocklist links: plain text, one IP or range per line
 */
export function blocklistParser(options: BlocklistRows): ListParser {
  const { kind, rows, source, until, skipped, keepNonPublic = false } = options;
  let entries = 0;
  let nonPublic = 0;
  const addAddress = (text: string, start: number, end: number): void => {
    const family = readPrefix(text, start, end);
    if (family === 0) return skipped.add('value');
    if (!keepNonPublic && isNonPublicPrefix(family)) {
      nonPublic++;
      return skipped.add('non-public');
    }
    rows.addPrefix(family, source, until);
    entries++;
  };
  return lineParser(skipped, {
    line(text, start, end) {
      if (isComment(text, start)) return;
      if (kind === undefined) return skipped.add('scope');
      const stop = endOfValue(text, start, end);
      if (kind === 'address') addAddress(text, start, stop);
      else if (rows.add(kind, text, start, stop, source, until)) entries++;
      else skipped.add('value');
    },
    entries: () => entries,
    recognised: () => (kind === undefined ? 1 : entries + nonPublic),
  });
}

export interface AllowlistRows {
  readonly rows: RowSet;
  readonly source: number;
  readonly skipped: SkipCount;
  /** ms since the epoch: entries that are over by then are left out. */
  readonly now: number;
}

/**
 * One JSON object a line: `{"value":"192.0.2.10","expiration":"2026-12-01T00:00:00Z"}`. Only the value is needed;
 * its scope is told by it where none is given.
 */
export function allowlistParser({ rows, source, skipped, now }: AllowlistRows): ListParser {
  let entries = 0;
  let recognised = 0;
  return lineParser(skipped, {
    line(text, start, end) {
      if (isComment(text, start)) return;
      const entry = readEntry(text.slice(start, end));
      if (entry === undefined) return skipped.add('malformed');
      const kind = kindOfEntry(entry);
      if (kind === undefined) return skipped.add('scope');
      const until = untilOfExpiration(entry.expiration);
      if (until !== NEVER && until * 1000 <= now) {
        recognised++;
        return skipped.add('expired');
      }
      if (!rows.add(kind, entry.value, 0, entry.value.length, source, until)) return skipped.add('value');
      recognised++;
      entries++;
    },
    entries: () => entries,
    recognised: () => recognised,
  });
}

interface AllowlistEntry {
  readonly value: string;
  readonly scope: string | undefined;
  readonly expiration: unknown;
}

function readEntry(line: string): AllowlistEntry | undefined {
  try {
    const entry: unknown = JSON.parse(line);
    if (typeof entry !== 'object' || entry === null || !('value' in entry) || typeof entry.value !== 'string')
      return undefined;
    const scope = 'scope' in entry && typeof entry.scope === 'string' && entry.scope !== '' ? entry.scope : undefined;
    return { value: entry.value.trim(), scope, expiration: 'expiration' in entry ? entry.expiration : undefined };
  } catch {
    return undefined;
  }
}

/** The kind of an entry: by its scope, or by its value where it has none; `undefined` for scopes that are kept out. */
function kindOfEntry({ value, scope }: AllowlistEntry): ValueKind | undefined {
  if (scope !== undefined) return kindOfScope(scope);
  if (countryKey(value) !== undefined) return 'country';
  return /^as\d/i.test(value) ? 'as' : 'address';
}

function lineParser(
  skipped: SkipCount,
  format: {
    readonly line: (text: string, start: number, end: number) => void;
    readonly entries: () => number;
    readonly recognised: () => number;
  },
): ListParser {
  const lines = new LineReader();
  let isFirst = true;
  return {
    push(piece) {
      if (piece === '') return;
      const tooLong = lines.push(isFirst ? withoutByteOrderMark(piece) : piece, format.line);
      if (tooLong > 0) skipped.add('long-line', tooLong);
      isFirst = false;
    },
    finish: () => lines.finish(format.line),
    get entries() {
      return format.entries();
    },
    get recognised() {
      return format.recognised();
    },
  };
}

const HASH = 35;
const SEMICOLON = 59;

function isComment(text: string, at: number): boolean {
  const code = text.charCodeAt(at);
  return code === HASH || code === SEMICOLON;
}

/** Where the value of a line ends: before a comment, or else at the end of the line. */
function endOfValue(text: string, start: number, end: number): number {
  let stop = start;
  while (stop < end && text.charCodeAt(stop) > 32 && !isComment(text, stop)) stop++;
  let next = stop;
  while (next < end && text.charCodeAt(next) <= 32) next++;
  return next === end || isComment(text, next) ? stop : end;
}

/** Lists are read byte by byte (Latin-1), in which UTF-8's mark is these three characters. */
function withoutByteOrderMark(text: string): string {
  return text.startsWith('\u00ef\u00bb\u00bf') ? text.slice(3) : text;
}
