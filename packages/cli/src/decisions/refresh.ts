import type { RefreshResult } from '@crowdsec-sdk/core';
import type { CommandContext } from '../command-context.js';
import { EXIT } from '../failure.js';
import { timeLeft } from './described.js';

const REASONS: Readonly<Record<Extract<RefreshResult, { status: 'skipped' }>['reason'], string>> = {
  budget: 'the last pull is less than two hours ago, and the network asks for no more',
  backoff: 'the last pull failed a moment ago',
  busy: 'another process is pulling now',
  'no-network': 'the configuration names no network that is pulled for all processes',
};

const FOLLOWED =
  'another process of the installation follows the local API, and stores within seconds what that one tells';

/** `decisions refresh` */
export async function refreshDecisions(context: CommandContext): Promise<void> {
  const { printer } = context;
  const installation = await context.installation();
  const network = await installation.network();
  const progress = context.progress();
  progress.show('Pulling decisions …');
  const result = await network.refresh().finally(() => progress.end());
  const now = Date.now();
  if (result.status === 'skipped') {
    const isNever = !Number.isFinite(result.nextAt);
    const until = isNever ? {} : { nextAt: new Date(result.nextAt).toISOString() };
    const when = isNever
      ? ''
      : ` Next at ${new Date(result.nextAt).toISOString()} (in ${timeLeft(result.nextAt, now)}).`;
    const isFollowed = result.reason === 'busy' && network.hasLapi;
    await printer.print({
      data: { status: 'skipped', reason: result.reason, ...until },
      tables: [],
      notes: [`Nothing was pulled: ${isFollowed ? `${FOLLOWED}.` : `${REASONS[result.reason]}.${when}`}`],
    });
    return;
  }
  const failed = result.lists.filter(({ status }) => status === 'failed');
  if (failed.length > 0) context.exitCode = EXIT.failed;
  await printer.print({
    data: result,
    tables: [
      {
        columns: ['List', 'Kind', 'Status', 'Entries', 'Problem'],
        rows: result.lists.map((list) => [list.name, list.kind, list.status, String(list.entries), list.error ?? '']),
      },
    ],
    notes: [
      `${result.new} new decisions, ${result.deleted} deleted`,
      ...Object.entries(result.skipped).map(([reason, count]) => `${count} left out: ${reason}`),
    ],
  });
}
