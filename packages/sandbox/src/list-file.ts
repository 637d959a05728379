import { isIP } from 'node:net';

/** What a list file holds. */
export interface ParsedList {
  /** Addresses and ranges, in the file's order and spelling, each once. */
  readonly values: readonly string[];
  /** Lines that hold something else. */
  readonly skipped: number;
}

/**
 * Reads any published list: one address or range (IPv4 or IPv6) a line. Comments (`#`, `;`), blank lines and whatever
 * follows the first column (after a tab, space or comma) are stripped.
 */
export function parseList(text: string): ParsedList {
  const values = new Set<string>();
  let skipped = 0;
  for (const line of text.split(/\r\n|\r|\n/)) {
    const [value = ''] = line
      .replace(/[#;].*$/s, '')
      .trim()
      .split(/[\s,]/, 1);
    if (value === '') continue;
    if (isAddressOrRange(value)) values.add(value);
    else skipped += 1;
  }
  return { values: [...values], skipped };
}

function isAddressOrRange(value: string): boolean {
  const [address = '', prefix, ...rest] = value.split('/');
  const family = isIP(address);
  if (family === 0 || rest.length > 0) return false;
  return prefix === undefined || (/^\d{1,3}$/.test(prefix) && Number(prefix) <= (family === 4 ? 32 : 128));
}
