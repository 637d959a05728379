import { canonicalIp, type InstallationSignals } from '@crowdsec-sdk/core/installation';
import type { CommandContext } from '../command-context.js';
import { usageError } from '../failure.js';

export interface ListSignalsFlags {
  readonly limit: number;
  readonly ip?: string;
  readonly scenario?: string;
}

/** A signal as it waits. */
export type WaitingSignal = Awaited<ReturnType<InstallationSignals['pending']>>[number];

/** As `cscli alerts list` heads its table; where an address is, is not known of signals. */
export const SIGNAL_COLUMNS = ['ID', 'value', 'reason', 'decisions', 'events', 'created at'] as const;

/** `signals list` */
export async function listSignals(context: CommandContext, flags: ListSignalsFlags): Promise<void> {
  const { scenario, limit } = flags;
  const ip = flags.ip === undefined ? undefined : canonicalIp(flags.ip);
  if (flags.ip !== undefined && ip === undefined) throw usageError(`"${flags.ip}" is no IP address.`);
  const signals = await (await context.installation()).signals();
  const waiting = await signals.size();
  const isFiltered = ip !== undefined || scenario !== undefined;
  const read = await signals.pending(limit === 0 || isFiltered ? Math.max(1, waiting) : limit);
  const wanted = read.filter(
    ({ source, ...signal }) =>
      (ip === undefined || source.value === ip) && (scenario === undefined || signal.scenario === scenario),
  );
  const found = limit === 0 ? wanted : wanted.slice(0, limit);
  await context.printer.print({
    data: found,
    tables: [{ columns: SIGNAL_COLUMNS, rows: found.map(signalRow) }],
    notes: found.length === 0 ? ['No signal waits'] : [],
  });
  const more = (isFiltered ? wanted.length : waiting) - found.length;
  if (more > 0) context.printer.note(`${more} more wait; see --limit.`);
}

export function signalRow({
  uuid,
  source,
  scenario,
  decisions,
  created_at,
  ...rest
}: WaitingSignal): readonly string[] {
  const types = decisions?.map(({ type }) => `${type}:1`).join(' ') ?? '';
  const events = rest.events_count ?? 1;
  return [uuid, `${source.scope}:${source.value}`, scenario, types, String(events), created_at];
}
