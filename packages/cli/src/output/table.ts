/** Rows of texts under headings, as `cscli` prints them. */
export interface Table {
  readonly title?: string;
  /** A heading, and the name of the column in CSV. */
  readonly columns: readonly string[];
  readonly rows: readonly (readonly string[])[];
  /** Colours a text of this column, on a terminal. */
  readonly paint?: (text: string, column: number) => string;
}

/** @param bold marks a heading */
export async function renderTable(
  { title, columns, rows, paint = (text) => text }: Table,
  bold: (text: string) => string,
): Promise<string> {
  const { default: CliTable } = await import('cli-table3');
  const table = new CliTable({
    head: columns.map(bold),
    chars: { 'top-left': '╭', 'top-right': '╮', 'bottom-left': '╰', 'bottom-right': '╯' },
    style: { compact: true, head: [], border: [] },
  });
  table.push(...rows.map((row) => row.map((text, column) => paint(printable(text), column))));
  return `${title === undefined ? '' : `${bold(title)}\n`}${table.toString()}\n`;
}

/** The rows as CSV (RFC 4180), with a line of names. */
export function renderCsv({ columns, rows }: Table): string {
  const names = columns.map((column) => column.toLowerCase().replace(/[^a-z0-9]+/g, '_'));
  return [names, ...rows].map((row) => `${row.map(csvField).join(',')}\n`).join('');
}

function csvField(text: string): string {
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

/** Without control characters: texts may come from visitors and from lists, and a terminal obeys some of them. */
export function printable(text: string): string {
  return text.replace(/[\p{Cc}\p{Cf}\u2028\u2029]/gu, '�');
}
