import { formatPrefix, parsePrefix, prefixHolds, rowsOf, type StoredDecisions } from '@crowdsec-sdk/core/installation';
import type { CommandContext } from '../command-context.js';
import { usageError } from '../failure.js';
import {
  actionOf,
  DECISION_COLUMNS,
  decisionData,
  decisionRow,
  ownDecisions,
  type ShownDecision,
} from './described.js';
import { warnOfDamage } from './warn-of-damage.js';

export interface ListFlags {
  readonly ip?: string;
  readonly range?: string;
  readonly contained?: true;
  readonly origin?: string;
  readonly type?: string;
  readonly scope?: string;
  readonly value?: string;
  readonly scenario?: string;
  readonly limit: number;
}

/** `decisions list` */
export async function listDecisions(context: CommandContext, flags: ListFlags): Promise<void> {
  const isWanted = valueFilter(flags);
  const installation = await context.installation();
  const stored = await installation.decisions.load();
  warnOfDamage(context, stored);
  const now = Date.now();
  const limit = flags.limit === 0 ? Infinity : flags.limit;
  const found: ShownDecision[] = [];
  let isCut = false;
  for (const decision of decisionsOfSources(stored, flags, now)) {
    if (!isWanted(decision)) continue;
    isCut = found.length >= limit;
    if (isCut) break;
    found.push(decision);
  }
  await context.printer.print({
    data: found.map((decision) => decisionData(decision, now)),
    tables: [{ columns: DECISION_COLUMNS, rows: found.map((decision) => decisionRow(decision, now)) }],
    notes: found.length === 0 ? ['No active decisions'] : [],
  });
  if (isCut) context.printer.note(`There are more: these are the first ${limit}; see --limit.`);
}

/** The decisions of the sources that are wanted. What a source tells is looked at once for all of its rows. */
function* decisionsOfSources(stored: StoredDecisions, flags: ListFlags, now: number): Iterable<ShownDecision> {
  const isWanted = sourceFilter(flags);
  yield* ownDecisions(stored).filter(isWanted);
  for (const index of [...stored.lapi, stored.index]) yield* rowsOf(index, now, isWanted);
}

function sourceFilter({
  type,
  scenario,
  origin,
}: ListFlags): (source: Pick<ShownDecision, 'allow' | 'type' | 'origin' | 'scenario'>) => boolean {
  const hasOrigin = originFilter(origin);
  return (source) =>
    (type === undefined || actionOf(source) === type.toLowerCase()) &&
    (scenario === undefined || source.scenario === scenario) &&
    hasOrigin(source.origin);
}

function valueFilter(flags: ListFlags): (decision: ShownDecision) => boolean {
  const { scope, value } = flags;
  const isThere = placeFilter(flags);
  const canonical = value === undefined ? undefined : canonicalValue(value);
  return (decision) =>
    (scope === undefined || decision.scope === scope.toLowerCase()) &&
    (canonical === undefined || decision.value.toLowerCase() === canonical) &&
    isThere(decision);
}

function canonicalValue(value: string): string {
  const prefix = parsePrefix(value);
  return prefix === undefined ? value.toLowerCase() : formatPrefix(prefix);
}

function originFilter(origin: string | undefined): (origin: string) => boolean {
  if (origin === undefined) return () => true;
  const wanted = origin.toLowerCase();
  return (name) => name.toLowerCase() === wanted || (wanted === 'lists' && name.startsWith('lists:'));
}

function placeFilter({ ip, range, contained }: ListFlags): (decision: ShownDecision) => boolean {
  if (ip !== undefined && range !== undefined) throw usageError('Give --ip or --range, not both.');
  if (ip !== undefined) {
    const address = parsePrefix(ip);
    if (address === undefined || ip.includes('/')) throw usageError(`"${ip}" is no IP address.`);
    return (decision) => holds(parsed(decision), address);
  }
  if (range === undefined) return () => true;
  const wanted = parsePrefix(range);
  if (wanted === undefined) throw usageError(`"${range}" is no range, such as 203.0.113.0/24.`);
  return (decision) => (contained === true ? holds(wanted, parsed(decision)) : holds(parsed(decision), wanted));
}

type Prefix = NonNullable<ReturnType<typeof parsePrefix>>;

function parsed({ scope, value }: ShownDecision): Prefix | undefined {
  return scope === 'ip' || scope === 'range' ? parsePrefix(value) : undefined;
}

/** Whether the first prefix holds all of the second. */
export function holds(outer: Prefix | undefined, inner: Prefix | undefined): boolean {
  return outer !== undefined && inner !== undefined && outer.length <= inner.length && prefixHolds(outer, inner);
}
