import type { Io, Output } from '../io.js';
import { printable, renderCsv, renderTable, type Table } from './table.js';

/** `human`: tables; `json`: one value for machines; `raw`: CSV. */
export type OutputFormat = 'human' | 'json' | 'raw';

export const OUTPUT_FORMATS: readonly OutputFormat[] = ['human', 'json', 'raw'];

/** What a command found, in each of the formats. */
export interface Result {
  /** For machines. */
  readonly data: unknown;
  /** For people, and the first one as CSV. */
  readonly tables: readonly Table[];
  /** For people, behind the tables. */
  readonly notes?: readonly string[];
}

/** Writes what a command found to the standard output, and what is only for people to the standard error. */
export class Printer {
  readonly #io: Pick<Io, 'stdout' | 'stderr'>;
  readonly format: OutputFormat;
  readonly #hasColor: boolean;

  constructor(
    io: Pick<Io, 'stdout' | 'stderr' | 'env'>,
    options: { format: OutputFormat; color: 'yes' | 'no' | 'auto' },
  ) {
    this.#io = io;
    this.format = options.format;
    this.#hasColor = options.color === 'yes' || (options.color === 'auto' && takesColor(io.stdout, io.env));
  }

  async print({ data, tables, notes = [] }: Result): Promise<void> {
    if (this.format === 'json') return this.#json(data);
    if (this.format === 'raw') {
      const [first] = tables;
      return this.write(first === undefined ? '' : renderCsv(first));
    }
    for (const table of tables) if (table.rows.length > 0) await this.write(await renderTable(table, this.bold));
    for (const note of notes) await this.write(`${printable(note)}\n`);
  }

  /** A line for people on the standard error, whatever the format. */
  note(text: string): void {
    this.#io.stderr.write(`${printable(text)}\n`);
  }

  /** Waits for whoever reads more slowly. */
  write(text: string): Promise<void> {
    return new Promise((resolve) => {
      if (this.#io.stdout.write(text)) resolve();
      else this.#io.stdout.once('drain', resolve);
    });
  }

  readonly bold = (text: string): string => (this.#hasColor ? `\u001b[1m${text}\u001b[22m` : text);

  /** A remediation in the colour that says how it goes for the client. */
  readonly remediation = (text: string): string => {
    if (!this.#hasColor) return text;
    const color = text === 'bypass' ? 32 : text === 'captcha' ? 33 : 31;
    return `\u001b[${color}m${text}\u001b[39m`;
  };

  /** A list is written item by item: it may be a large one. */
  async #json(data: unknown): Promise<void> {
    if (!Array.isArray(data)) return this.write(`${JSON.stringify(data, null, 2)}\n`);
    const items = data as readonly unknown[];
    if (items.length === 0) return this.write('[]\n');
    let text = '[\n';
    for (const [i, item] of items.entries()) {
      text += `${JSON.stringify(item)}${i === items.length - 1 ? '\n]\n' : ',\n'}`;
      if (text.length < 64 * 1024 && i < items.length - 1) continue;
      await this.write(text);
      text = '';
    }
  }
}

/** Colours are for terminals, unless `NO_COLOR` is set (https://no-color.org). */
function takesColor(output: Output, env: Io['env']): boolean {
  const isOff = (env.NO_COLOR ?? '') !== '' || env.TERM === 'dumb';
  return output.isTTY === true && !isOff;
}
