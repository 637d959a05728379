import { parsePrefix, rowsOf, formatPrefix, type StoredDecisions } from '@crowdsec-sdk/core/installation';
import type { CommandContext } from '../command-context.js';
import { usageError } from '../failure.js';
import { DECISION_COLUMNS, decisionData, decisionRow, ownDecisions, type ShownDecision } from './described.js';
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
  const isWanted = filterOf(flags);
  const installation = await context.installation();
  const stored = await installation.decisions.load();
  warnOfDamage(context, stored);
  const now = Date.now();
  const limit = flags.limit === 0 ? Infinity : flags.limit;
  const found: ShownDecision[] = [];
  let isCut = false;
  for (const decision of allDecisions(stored, flags, now)) {
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

function* allDecisions(
  stored: StoredDecisions,
  { type, scenario, origin }: ListFlags,
  now: number,
): Iterable<ShownDecision> {
  yield* ownDecisions(stored);
  // What the source tells is filtered for all of its rows at once.
  const hasOrigin = originFilter(origin);
  const isWanted = (source: Pick<ShownDecision, 'allow' | 'type' | 'origin' | 'scenario'>): boolean => {
    const hasType = type === undefined || (source.allow ? 'allow' : source.type) === type.toLowerCase();
    return hasType && hasOrigin(source.origin) && (scenario === undefined || source.scenario === scenario);
  };
  for (const index of [...stored.lapi, stored.index]) yield* rowsOf(index, now, isWanted);
}

function filterOf(flags: ListFlags): (decision: ShownDecision) => boolean {
  const { type, scenario, scope, value } = flags;
  const hasOrigin = originFilter(flags.origin);
  const isThere = placeFilter(flags);
  const canonical = value === undefined ? undefined : canonicalValue(value);
  return (decision) =>
    (type === undefined || (decision.allow ? 'allow' : decision.type) === type.toLowerCase()) &&
    (scenario === undefined || decision.scenario === scenario) &&
    (scope === undefined || decision.scope === scope.toLowerCase()) &&
    (canonical === undefined || decision.value.toLowerCase() === canonical) &&
    hasOrigin(decision.origin) &&
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
  if (outer === undefined || inner?.family !== outer.family || outer.length > inner.length) return false;
  return outer.words.every((word, i) => {
    const bits = Math.min(32, Math.max(0, outer.length - 32 * i));
    return bits === 0 || (word ^ inner.words[i]!) >>> (32 - bits) === 0;
  });
}
