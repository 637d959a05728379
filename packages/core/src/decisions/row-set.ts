import { prefixLength, readPrefix, words } from '../ip/parse.js';
import { RowRuns } from './row-runs.js';

/** The kinds of keys that rows have, each with a table of its own. */
export const FAMILIES = ['v4', 'v6', 'country', 'as'] as const;
export type Family = (typeof FAMILIES)[number];

/** How many 32-bit words the keys of a family have. Countries and AS numbers are full-length prefixes of 32 bits. */
export const WORDS = { v4: 1, v6: 4, country: 1, as: 1 } as const satisfies Record<Family, 1 | 4>;

/**
 * What the values of a scope are. `ip` and `range` are one: a CIDR under scope `ip` is a range, an address under
 * `range` a single.
 */
export type ValueKind = 'address' | 'country' | 'as';

/** The kind of values of a scope as the API names it, whatever its case; `undefined` for scopes that are kept out. */
export function kindOfScope(scope: string): ValueKind | undefined {
  switch (scope.toLowerCase()) {
    case 'ip':
    case 'range':
      return 'address';
    case 'country':
      return 'country';
    case 'as':
      return 'as';
    default:
      return undefined;
  }
}

/** The key of a country or an AS. */
const KEY = new Uint32Array(1);

/** Rows of all families, as they come. */
export class RowSet {
  readonly v4 = new RowRuns(WORDS.v4);
  readonly v6 = new RowRuns(WORDS.v6);
  readonly country = new RowRuns(WORDS.country);
  readonly as = new RowRuns(WORDS.as);

  get size(): number {
    return FAMILIES.reduce((sum, family) => sum + this[family].size, 0);
  }

  /** Adds the value in `text[start, end)`; false, and nothing added, if it is none of its kind. */
  add(kind: ValueKind, text: string, start: number, end: number, source: number, until: number): boolean {
    if (kind !== 'address') {
      const key = kind === 'country' ? countryKey(text.slice(start, end)) : asKey(text.slice(start, end));
      if (key === undefined) return false;
      KEY[0] = key;
      this[kind].add(KEY, 32, source, until);
      return true;
    }
    const family = readPrefix(text, start, end);
    if (family === 0) return false;
    this.addPrefix(family, source, until);
    return true;
  }

  /** Adds the prefix read last by `ip/parse`. */
  addPrefix(family: 4 | 6, source: number, until: number): void {
    this[family === 4 ? 'v4' : 'v6'].add(words, prefixLength, source, until);
  }

  /** Takes over the rows of another set; they count as having come later. */
  append(other: RowSet): void {
    for (const family of FAMILIES) this[family].append(other[family]);
  }
}

/** A two-letter country code, in any case, as a key. */
export function countryKey(code: string): number | undefined {
  if (!/^[a-z]{2}$/i.test(code)) return undefined;
  const upper = code.toUpperCase();
  return (upper.charCodeAt(0) << 8) | upper.charCodeAt(1);
}

/** An AS number, with or without `AS` before it, as a key. */
export function asKey(text: string | number): number | undefined {
  const digits = /^(?:as)?(\d{1,10})$/i.exec(String(text))?.[1];
  const number = Number(digits ?? NaN);
  return number <= 0xffff_ffff ? number : undefined;
}

/** The country code of a key. */
export function countryOf(key: number): string {
  return String.fromCharCode(key >>> 8, key & 255);
}
