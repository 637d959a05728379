import type { CommandContext } from '../command-context.js';
import { EXIT, usageError } from '../failure.js';
import { SIGNAL_COLUMNS, signalRow } from './list.js';

export interface QuarantineFlags {
  readonly all?: true;
}

/** `signals quarantine list` */
export async function listQuarantine(context: CommandContext): Promise<void> {
  const found = await (await (await context.installation()).signals()).poisoned();
  await context.printer.print({
    data: found.map(({ at, ...rest }) => ({ ...rest, at: new Date(at).toISOString() })),
    tables: [
      {
        columns: [...SIGNAL_COLUMNS, 'refused at', 'refusal'],
        rows: found.map(({ signal, message, at }) => [...signalRow(signal), new Date(at).toISOString(), message]),
      },
    ],
    notes: found.length === 0 ? ['No signal was refused'] : [],
  });
}

/** `signals quarantine drop` */
export async function dropQuarantine(
  context: CommandContext,
  uuids: readonly string[],
  { all }: QuarantineFlags,
): Promise<void> {
  if (uuids.length === 0 && all !== true) throw usageError('Name signals by their ID, or give --all.');
  const network = await (await context.installation()).network();
  const dropped = await network.dropPoisoned(({ signal }) => all === true || uuids.includes(signal.uuid));
  if (all !== true && dropped < uuids.length) context.exitCode = EXIT.failed;
  await context.printer.print({ data: { dropped }, tables: [], notes: [`${dropped} signal(s) dropped`] });
}

/** `signals quarantine retry` */
export async function retryQuarantine(context: CommandContext): Promise<void> {
  const network = await (await context.installation()).network();
  const result = await network.retryPoisoned();
  const left = result.left === 0 ? '' : `, ${result.left} stay: the buffer is full`;
  await context.printer.print({ data: result, tables: [], notes: [`${result.retried} signal(s) wait again${left}`] });
}
