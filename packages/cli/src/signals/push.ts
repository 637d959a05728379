import { text } from 'node:stream/consumers';
import type { InstallationNetwork } from '@crowdsec-sdk/core/installation';
import type { CommandContext } from '../command-context.js';
import { EXIT, usageError } from '../failure.js';
import { readGiven } from '../read-given.js';

export interface PushFlags {
  readonly ip?: string;
  readonly scenario?: string;
  readonly type?: string;
  readonly duration: string;
  readonly message?: string;
  readonly dryRun?: true;
}

type Reports = Parameters<InstallationNetwork['push']>[0];

/** `signals push` */
export async function pushSignals(context: CommandContext, file: string | undefined, flags: PushFlags): Promise<void> {
  const reports = file === undefined ? [reportOf(flags)] : reportsIn(await readText(context, file), file);
  const { printer } = context;
  const network = await (await context.installation()).network();
  if (flags.dryRun === true) {
    const signals = network.build(reports);
    await printer.print({ data: signals, tables: [], notes: [JSON.stringify(signals, null, 2), 'Nothing was sent.'] });
    return;
  }
  const progress = context.progress();
  const show = (answered: number): void =>
    progress.show(`${answered} of ${reports.length} signals sent; calls leave 10 s apart`);
  let answered = 0;
  show(answered);
  const result = await network
    .push(reports, { onAnswered: (count) => show((answered += count)) })
    .finally(() => progress.end());
  if (result.refused.length > 0) context.exitCode = EXIT.failed;
  await printer.print({
    data: result,
    tables: [
      {
        columns: ['Place', 'Refusal'],
        rows: result.refused.map(({ index, reason }) => [String(index + 1), reason]),
      },
    ],
    notes: [`${result.accepted} signals accepted, ${result.refused.length} refused`],
  });
}

function reportOf({ ip, scenario, type, duration, message }: PushFlags): Reports[number] {
  if (ip === undefined || scenario === undefined) throw usageError('Name a file, or give --ip and --scenario.');
  return {
    ip,
    scenario,
    ...(message === undefined ? {} : { message }),
    ...(type === undefined ? {} : { decision: { type, duration } }),
  };
}

async function readText({ io }: CommandContext, file: string): Promise<string> {
  if (file === '-') return text(io.stdin);
  return (await readGiven(file)).toString('utf8');
}

/** Reports as the SDK takes them, with moments as texts; what is wrong in them, the SDK tells. */
function reportsIn(content: string, file: string): Reports {
  const values = jsonIn(content) ?? linesIn(content);
  if (values === undefined) throw usageError(`${file} holds neither an array of reports as JSON nor one a line.`);
  return values.map(withDates) as Reports;
}

function jsonIn(content: string): readonly unknown[] | undefined {
  try {
    const value: unknown = JSON.parse(content);
    return Array.isArray(value) ? (value as unknown[]) : [value];
  } catch {
    return undefined;
  }
}

function linesIn(content: string): readonly unknown[] | undefined {
  try {
    const lines = content.split('\n').filter((line) => line.trim() !== '');
    return lines.length === 0 ? undefined : lines.map((line) => JSON.parse(line) as unknown);
  } catch {
    return undefined;
  }
}

function withDates(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, member]) => {
      const isMoment = (name === 'startAt' || name === 'stopAt') && typeof member === 'string';
      return [name, isMoment ? new Date(member) : member];
    }),
  );
}
