import { CommandError, EXIT } from '../failure.js';

/** `values`: an address or range a line. `csv`, `json`: as `cscli decisions import` takes them, with a line of names or as objects. */
export type ImportFormat = 'values' | 'csv' | 'json';

/** One decision of a file; what is not told comes from the flags. */
export interface ImportEntry {
  readonly value: string;
  readonly type?: string;
  readonly duration?: string;
  readonly reason?: string;
}

/** @throws CommandError for a text that is not of this format */
export async function readEntries(text: Buffer, format: ImportFormat): Promise<readonly ImportEntry[]> {
  const content = text.toString('utf8').replace(/^\ufeff/, '');
  if (format === 'values') return valuesIn(content);
  const rows = format === 'csv' ? await csvRows(content) : jsonRows(content);
  return rows.map((row, i) => entryOf(row, i));
}

/** Comments and further columns are left out, as in published lists. */
function valuesIn(content: string): readonly ImportEntry[] {
  return content
    .split('\n')
    .map(
      (line) =>
        line
          .replace(/[#;].*$/, '')
          .trim()
          .split(/[\s,]+/)[0] ?? '',
    )
    .filter((value) => value !== '')
    .map((value) => ({ value }));
}

async function csvRows(content: string): Promise<readonly Record<string, unknown>[]> {
  const { parse } = await import('csv-parse/sync');
  try {
    return parse<Record<string, string>>(content, {
      columns: (names: string[]) => names.map((name) => name.trim().toLowerCase()),
      skip_empty_lines: true,
      trim: true,
      bom: true,
    });
  } catch (error) {
    throw malformed(`it is no CSV: ${error instanceof Error ? error.message : String(error)}`);
  }
}

function jsonRows(content: string): readonly Record<string, unknown>[] {
  let value: unknown;
  try {
    value = JSON.parse(content);
  } catch {
    throw malformed('it is no JSON');
  }
  if (!Array.isArray(value)) throw malformed('it must be an array of decisions');
  return value.map((row: unknown) => (typeof row === 'object' && row !== null ? row : { value: row })) as Record<
    string,
    unknown
  >[];
}

function entryOf(row: Readonly<Record<string, unknown>>, index: number): ImportEntry {
  const textOf = (...names: string[]): string | undefined => {
    const found = names.map((name) => row[name]).find((member) => member !== undefined && member !== '');
    return typeof found === 'string' ? found : undefined;
  };
  const value = textOf('value', 'ip', 'range');
  if (value === undefined) throw malformed(`entry ${index + 1} has no "value"`);
  const scope = textOf('scope')?.toLowerCase() ?? 'ip';
  if (scope !== 'ip' && scope !== 'range') {
    throw malformed(`entry ${index + 1} is about the scope "${scope}": local decisions are about addresses and ranges`);
  }
  const [type, duration, reason] = [textOf('type', 'action'), textOf('duration'), textOf('reason', 'scenario')];
  return { value, ...(type && { type }), ...(duration && { duration }), ...(reason && { reason }) };
}

function malformed(why: string): CommandError {
  return new CommandError(`The file can't be imported: ${why}.`, { exitCode: EXIT.usage, code: 'CROWDSEC_USAGE' });
}
