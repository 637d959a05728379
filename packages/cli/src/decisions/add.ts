import { hostname } from 'node:os';
import type { CommandContext } from '../command-context.js';
import { usageError } from '../failure.js';
import { decisionData, DECISION_COLUMNS, decisionRow, ownDecisions } from './described.js';

export interface AddFlags {
  readonly ip?: string;
  readonly range?: string;
  readonly duration: string;
  readonly type: string;
  readonly reason?: string;
}

/** `decisions add` */
export async function addDecision(context: CommandContext, flags: AddFlags): Promise<void> {
  const { ip, range, duration, type, reason = `manual '${type}' from ${hostname()}` } = flags;
  if ((ip === undefined) === (range === undefined)) throw usageError('Give either --ip or --range.');
  const { decisions } = await context.installation();
  const request = { ...(ip === undefined ? { range } : { ip }), type, duration, scenario: reason };
  const { decided, refused } = await decisions.decide([request]);
  if (refused.length > 0) throw usageError(`"${refused[0]}" is no ${ip === undefined ? 'range' : 'IP address'}.`);
  const now = Date.now();
  const shown = ownDecisions({ local: decided });
  await context.printer.print({
    data: shown.map((decision) => decisionData(decision, now)),
    tables: [{ columns: DECISION_COLUMNS, rows: shown.map((decision) => decisionRow(decision, now)) }],
  });
  await noteOverruling(context, decided[0]!.value, type);
}

/** An allowlist or the policy may keep it from having any effect. */
async function noteOverruling(context: CommandContext, value: string, type: string): Promise<void> {
  const { engine } = await (await context.installation()).decisions.load();
  const found = engine.getIpRemediation(value.replace(/\/.*$/, ''));
  if (found.remediation === type.toLowerCase()) return;
  const why =
    engine.remediationFor({ allow: false, type }) === 'bypass'
      ? `'${type}' is not among \`remediations\`, or bouncingLevel rules it out`
      : `${found.origin} says '${found.remediation}', see explain`;
  context.printer.note(`It does not come to '${type}' for now: ${why}.`);
}
