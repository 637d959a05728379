import { extname } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { DEFAULT_LOCAL_LIMIT } from '@crowdsec-sdk/core/installation';
import type { CommandContext } from '../command-context.js';
import { EXIT, usageError } from '../failure.js';
import { readGiven } from '../read-given.js';
import { readEntries, type ImportFormat } from './import-formats.js';

export interface ImportFlags {
  readonly input?: string;
  readonly format?: ImportFormat;
  readonly duration: string;
  readonly type: string;
  readonly reason: string;
}

/** So many of the values that are none are named. */
const MAX_NAMED = 10;

/** `decisions import` */
export async function importDecisions(
  context: CommandContext,
  argument: string | undefined,
  flags: ImportFlags,
): Promise<void> {
  const file = argument ?? flags.input;
  if (file === undefined) throw usageError('Name the file to import, or - for the standard input.');
  const { printer } = context;
  const progress = context.progress();
  progress.show(`Reading ${file} …`);
  const text = file === '-' ? await buffer(context.io.stdin) : await readGiven(file);
  const entries = await readEntries(text, flags.format ?? formatOf(file)).finally(() => progress.end());
  const { options } = await context.config();
  const limit = options.maxLocalDecisions ?? DEFAULT_LOCAL_LIMIT;
  if (entries.length > limit) {
    throw usageError(
      `${file} holds ${entries.length} entries, more than the ${limit} decisions that this installation may hold itself: ` +
        'raise maxLocalDecisions, or give the file as a source by listFile().',
    );
  }
  const { duration, type, reason } = flags;
  progress.show(`Writing ${entries.length} decisions …`);
  const { decisions } = await context.installation();
  const { decided, refused } = await decisions
    .decide(
      entries.map((entry) => ({
        range: entry.value,
        type: entry.type ?? type,
        duration: entry.duration ?? duration,
        scenario: entry.reason ?? reason,
      })),
    )
    .finally(() => progress.end());
  for (const value of refused.slice(0, MAX_NAMED)) printer.note(`"${value}" is neither an IP address nor a range.`);
  if (refused.length > 0 || entries.length === 0) context.exitCode = EXIT.failed;
  await printer.print({
    data: { imported: decided.length, refused: refused.length },
    tables: [],
    notes: [`Imported ${decided.length} decisions${refused.length === 0 ? '' : `, ${refused.length} refused`}`],
  });
}

function formatOf(file: string): ImportFormat {
  const extension = extname(file).toLowerCase();
  return extension === '.csv' ? 'csv' : extension === '.json' ? 'json' : 'values';
}
