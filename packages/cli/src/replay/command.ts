import { access } from 'node:fs/promises';
import { resolve } from 'node:path';
import { messageOf } from '@crowdsec-sdk/core/installation';
import { scenarios } from '@crowdsec-sdk/scenarios';
import type { CommandContext } from '../command-context.js';
import { EXIT, usageError } from '../failure.js';
import type { Table } from '../output/table.js';
import { readLines } from './read-lines.js';
import { Replay } from './replay.js';
import { report, type ReplayFigures } from './report.js';

export interface ReplayFlags {
  readonly loginPath: readonly string[];
  readonly top: number;
}

/** `replay` */
export async function replayLogs(context: CommandContext, logs: readonly string[], flags: ReplayFlags): Promise<void> {
  const files = logs.map((log) => resolve(context.io.cwd, log));
  for (const file of files) {
    await access(file).catch(() => {
      throw usageError(`There is no file ${file}.`);
    });
  }
  const replay = new Replay(scenarios({ vendor: 'replay', loginBruteforce: { paths: [...flags.loginPath] } }));
  await replay.start();
  const from = performance.now();
  for (const file of files) await replayFile(context, replay, file);
  replay.flush();
  const { figures } = report(replay, { seconds: (performance.now() - from) / 1_000, top: flags.top });
  await context.printer.print({ data: figures, tables: tablesOf(figures), notes: notesOf(figures) });
}

/** What can be read of a damaged file counts. */
async function replayFile(context: CommandContext, replay: Replay, file: string): Promise<void> {
  const progress = context.progress();
  const show = (share: number): void =>
    progress.show(`${file}: ${Math.floor(share * 100)}%, ${replay.lines.toLocaleString('en')} lines`);
  try {
    for await (const lines of readLines(file, show)) for (const line of lines) replay.processLine(line);
  } catch (error) {
    context.printer.note(`${file} can't be read any further: ${messageOf(error)}`);
    context.exitCode = EXIT.failed;
  } finally {
    progress.end();
  }
}

function tablesOf({ scenarios: found, top }: ReplayFigures): readonly Table[] {
  const tableOf = (rows: ReplayFigures['top'], names: Readonly<Record<string, string>>): Table => ({
    columns: Object.values(names),
    rows: rows.map((row) => Object.keys(names).map((name) => String(row[name] ?? ''))),
  });
  return [
    tableOf(found, {
      scenario: 'Scenario',
      decisionSignals: 'Decision signals',
      whispers: 'Whispers',
      bans: 'Bans',
      clients: 'Clients',
      suppressed: 'Suppressed',
      perHour: 'Per hour',
    }),
    tableOf(top, { ip: 'Client', detections: 'Detections', scenarios: 'Scenarios' }),
  ];
}

function notesOf({
  lines,
  unreadable,
  hours,
  seconds,
  refusedLater,
  scenarios: found,
}: ReplayFigures): readonly string[] {
  const many = (number: number): string => number.toLocaleString('en');
  return [
    `${many(lines)} lines of ${hours} hours in ${seconds} s, of which ${many(unreadable)} could not be read.`,
    ...(found.length === 0 ? ['Nothing would have been reported.'] : []),
    `${many(refusedLater)} requests of banned clients would have been refused.`,
    'What only the application knows (failed payments, contact forms, logins that answer 200) is in no access log.',
  ];
}
