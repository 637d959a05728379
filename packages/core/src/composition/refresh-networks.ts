import { sumOf } from '../decisions/layered-index.js';
import type { LapiDecisions } from '../lapi/lapi-decisions.js';
import type { Refresher } from '../refresh/refresher.js';
import type { RefreshResult } from '../refresh/refresh-result.js';

/**
 * Refreshes the decisions of all networks of an agent, side by side. Of two that were refreshed the result says both; of two that were not,
 * that of the one which may be asked sooner.
 *
 * @throws the error of a network, when none was refreshed
 */
export async function refreshNetworks(
  refresher: Pick<Refresher, 'refresh'>,
  lapi: Pick<LapiDecisions, 'refresh'> | undefined,
): Promise<RefreshResult> {
  if (lapi === undefined) return refresher.refresh();
  const settled = await Promise.allSettled([refresher.refresh(), lapi.refresh()]);
  const results = settled.flatMap((each) => (each.status === 'fulfilled' ? [each.value] : []));
  const refreshed = results.filter((result) => result.status === 'refreshed');
  if (refreshed.length > 0) return refreshed.reduce(added);
  for (const each of settled) if (each.status === 'rejected') throw each.reason;
  return results.reduce((first, second) => (soonest(second) < soonest(first) ? second : first));
}

type Refreshed = Extract<RefreshResult, { status: 'refreshed' }>;

function added(one: Refreshed, other: Refreshed): Refreshed {
  return {
    status: 'refreshed',
    network: 'both',
    new: one.new + other.new,
    deleted: one.deleted + other.deleted,
    skipped: sumOf([one.skipped, other.skipped]),
    lists: [...one.lists, ...other.lists],
  };
}

function soonest(result: RefreshResult): number {
  return result.status === 'skipped' ? result.nextAt : 0;
}
