import { localDecisionTarget, parsePrefix } from '@crowdsec-sdk/core/installation';
import type { CommandContext } from '../command-context.js';
import { usageError } from '../failure.js';
import { decisionData, ownDecisions } from './described.js';
import { holds } from './list.js';

export interface DeleteFlags {
  readonly ip?: string;
  readonly range?: string;
  readonly contained?: true;
  readonly type?: string;
  readonly scenario?: string;
  readonly all?: true;
}

/** `decisions delete` */
export async function deleteDecisions(context: CommandContext, flags: DeleteFlags): Promise<void> {
  const { ip, range, type, scenario, all } = flags;
  if ([ip, range, type, scenario, all].every((flag) => flag === undefined))
    throw usageError('Say which: --ip, --range, --type, --scenario, or --all.');
  const isThere = placeFilter(flags);
  const { decisions } = await context.installation();
  const lifted = await decisions.lift(
    (decision) =>
      isThere(decision.value) &&
      (type === undefined || decision.type === type.toLowerCase()) &&
      (scenario === undefined || decision.scenario === scenario),
  );
  const now = Date.now();
  const shown = ownDecisions({ local: lifted });
  await context.printer.print({
    data: { deleted: shown.length, decisions: shown.map((decision) => decisionData(decision, now)) },
    tables: [],
    notes: [`${lifted.length} decision(s) deleted`],
  });
  if (lifted.length === 0) await noteOtherOrigins(context, ip);
}

function placeFilter({ ip, range, contained }: DeleteFlags): (value: string) => boolean {
  if (ip === undefined && range === undefined) return () => true;
  if (ip !== undefined && range !== undefined) throw usageError('Give --ip or --range, not both.');
  const target = localDecisionTarget(ip === undefined ? { range: range! } : { ip });
  if (target === undefined) throw usageError(`"${ip ?? range}" is no ${ip === undefined ? 'range' : 'IP address'}.`);
  if (contained !== true) return (value) => value === target;
  const wanted = parsePrefix(target);
  return (value) => holds(wanted, parsePrefix(value));
}

async function noteOtherOrigins(context: CommandContext, ip: string | undefined): Promise<void> {
  if (ip === undefined) return;
  const { engine } = await (await context.installation()).decisions.load();
  const others = engine.explain(ip).filter(({ allow }) => !allow);
  if (others.length === 0) return;
  const origins = [...new Set(others.map(({ origin }) => origin))].join(', ');
  context.printer.note(`${ip} is held by ${origins}, which is not this installation's to delete: see explain ${ip}.`);
}
