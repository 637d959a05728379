import { countRows } from '@crowdsec-sdk/core/installation';
import type { CommandContext } from '../command-context.js';
import { actionOf, ownDecisions, timeLeft } from '../decisions/described.js';
import { warnOfDamage } from '../decisions/warn-of-damage.js';

interface Count {
  readonly reason: string;
  readonly origin: string;
  readonly action: string;
  count: number;
}

/** `metrics`: of the state that all processes share. What a process has counted is in its own metrics. */
export async function showMetrics(context: CommandContext): Promise<void> {
  const installation = await context.installation();
  const stored = await installation.decisions.load();
  warnOfDamage(context, stored);
  const now = Date.now();
  const decisions = countDecisions([
    ...[stored.index, ...stored.lapi].flatMap((index) =>
      countRows(index, now).map(({ source, count }) => ({ ...source, count })),
    ),
    ...ownDecisions(stored).map((decision) => ({ ...decision, count: 1 })),
  ]);
  const signals = await installation.signals();
  const [waiting, quarantined] = [await signals.size(), (await signals.poisoned()).length];
  const machine = await (await installation.network()).machine();
  const { pulledAt } = stored;
  await context.printer.print({
    data: {
      decisions,
      signals: { waiting, quarantined },
      capi: {
        identity: machine?.identity ?? 'none',
        loginsLastHour: machine?.loginsLastHour ?? 0,
        ...(pulledAt === undefined ? {} : { pulledAt: new Date(pulledAt).toISOString() }),
      },
    },
    tables: [
      {
        title: 'Decisions:',
        columns: ['Reason', 'Origin', 'Action', 'Count'],
        rows: decisions.map(({ reason, origin, action, count }) => [reason, origin, action, String(count)]),
      },
      {
        title: 'Signals:',
        columns: ['State', 'Count'],
        rows: [
          ['waiting', String(waiting)],
          ['quarantined', String(quarantined)],
        ],
      },
      {
        title: 'Central API (CAPI):',
        columns: ['Budget', 'State'],
        rows: [
          ['Logins in the last hour', `${machine?.loginsLastHour ?? 0} of 5`],
          ['Last pull of decisions', pulledAt === undefined ? 'never' : `${timeLeft(now, pulledAt)} ago`],
        ],
      },
    ],
  });
}

function countDecisions(
  rows: readonly { origin: string; scenario: string; type: string; allow: boolean; count: number }[],
): readonly Count[] {
  const counts = new Map<string, Count>();
  for (const row of rows) {
    const { scenario: reason, origin, count } = row;
    const action = actionOf(row);
    const key = JSON.stringify([reason, origin, action]);
    const held = counts.get(key);
    if (held === undefined) counts.set(key, { reason, origin, action, count });
    else held.count += count;
  }
  return [...counts.values()].filter(({ count }) => count > 0).sort((a, b) => b.count - a.count);
}
