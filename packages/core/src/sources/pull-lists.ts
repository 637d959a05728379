import type { Breather } from '../decisions/breather.js';
import { type DeltaBuilder, SkipCount } from '../decisions/decision-delta.js';
import { parseGoDuration } from '../decisions/go-duration.js';
import { allowlistParser, blocklistParser, type ListParser } from '../decisions/list-parser.js';
import { kindOfScope, RowSet } from '../decisions/row-set.js';
import { type RowSource, untilOf } from '../decisions/row-source.js';
import type { ListReport, ListState, PullContext } from './decision-source.js';
import { downloadList, type DownloadResult } from './download-list.js';
import type { ListLimits } from './list-limits.js';

export interface ListsPull {
  /** The lists to ask for, by feed. */
  readonly lists: ReadonlyMap<string, ListState>;
  /** What is remembered of them. */
  readonly held: Readonly<Record<string, ListState>>;
  readonly delta: DeltaBuilder;
  readonly context: PullContext;
  /** When the pull began, in ms since the epoch. */
  readonly now: number;
  readonly breather: Breather;
  readonly limits: ListLimits;
  readonly allowHttp: boolean;
}

/**
 * Downloads lists, a few at a time, each on its own: one that fails leaves what is held of it, and the others,
 * alone.
 */
export async function pullLists(
  pull: ListsPull,
): Promise<{ readonly reports: readonly ListReport[]; readonly state: Readonly<Record<string, ListState>> }> {
  const waiting = [...pull.lists].map(
    ([feed, list]) =>
      () =>
        pullList(feed, list, pull),
  );
  const done = await inParallel(waiting, pull.limits.concurrency);
  // In the order of the links, whichever came first: of equal decisions, the first list's wins.
  for (const { feed, rows } of done) if (rows) pull.delta.replace(feed, rows);
  return {
    reports: done.map(({ report }) => report),
    state: Object.fromEntries(done.map(({ feed, state }) => [feed, state])),
  };
}

interface PulledList {
  readonly feed: string;
  readonly report: ListReport;
  readonly state: ListState;
  /** Its entries, when they came. */
  readonly rows?: RowSet;
}

async function pullList(feed: string, list: ListState, pull: ListsPull): Promise<PulledList> {
  const { context, now, limits, allowHttp, breather } = pull;
  const rows = new RowSet();
  const skipped = new SkipCount();
  const parser = parserOf(feed, list, rows, skipped, pull);
  const pulledAt = pull.held[feed]?.pulledAt;
  const since = mayAskForChanges(feed, list, pull) ? pulledAt : undefined;
  const { url } = list;
  const { fetch, signal } = context;
  const result = refuseForeign(
    await downloadList({ url, since, parser, allowHttp, limits, fetch, signal, breather }),
    parser,
    skipped,
  );
  const report = { name: list.name, kind: list.kind, ...reported(result), skipped: skipped.reasons };
  if (result.status === 'read') {
    return {
      feed,
      report: { ...report, entries: parser.entries },
      state: { ...list, pulledAt: now, failed: false },
      rows,
    };
  }
  const state = { ...list, ...(pulledAt === undefined ? {} : { pulledAt }), failed: result.status === 'failed' };
  return { feed, report: { ...report, entries: context.index.countOf(feed) }, state };
}

function parserOf(
  feed: string,
  list: ListState,
  rows: RowSet,
  skipped: SkipCount,
  { delta, now }: ListsPull,
): ListParser {
  const source = (type: string, allow: boolean): RowSource => ({
    feed,
    origin: `lists:${list.name.toLowerCase()}`,
    type,
    scenario: list.name,
    allow,
  });
  if (list.kind === 'allowlist')
    return allowlistParser({ rows, skipped, now, source: delta.sourceId(source('allow', true)) });
  const durationMs = parseGoDuration(list.duration ?? '') ?? 0;
  return blocklistParser({
    rows,
    skipped,
    kind: kindOfScope(list.scope ?? ''),
    source: delta.sourceId(source((list.remediation ?? '').toLowerCase(), false)),
    until: durationMs > 0 ? untilOf(now + durationMs) : 0,
  });
}

/** The engine leaves this much time for a refresh that comes late. */
const MARGIN_MS = 15 * 60_000;

/**
 * Whether an answer "not modified" would do. Not when a blocklist's entries are gone or would end before the next
 * pull renews them, for their time starts anew only with a whole answer; the entries of an allowlist have ends of
 * their own.
 *
 * @see CrowdSec's engine (pkg/apiserver/apic.go), which leaves a margin of 15 minutes too
 */
function mayAskForChanges(feed: string, list: ListState, { context, now }: ListsPull): boolean {
  if (list.kind === 'allowlist') return true;
  const expiry = context.index.earliestExpiry(feed, now);
  const { nextRefreshInMs } = context;
  return expiry !== undefined && expiry - now > nextRefreshInMs + Math.min(MARGIN_MS, nextRefreshInMs);
}

/** A page where a list should be, with a status of 200, must not empty the list. */
function refuseForeign(result: DownloadResult, parser: ListParser, skipped: SkipCount): DownloadResult {
  if (result.status !== 'read' || parser.recognised > 0 || skipped.toString() === '') return result;
  return {
    status: 'failed',
    httpStatus: result.httpStatus,
    error: `not one line of it is an entry (${skipped.toString()})`,
  };
}

function reported(result: DownloadResult): Pick<ListReport, 'status' | 'httpStatus' | 'error'> {
  switch (result.status) {
    case 'read':
      return { status: 'replaced', httpStatus: result.httpStatus };
    case 'unchanged':
      return { status: 'unchanged', httpStatus: result.httpStatus };
    case 'failed':
      return result;
  }
}

async function inParallel<T>(tasks: readonly (() => Promise<T>)[], atOnce: number): Promise<T[]> {
  const results: T[] = [];
  let next = 0;
  const work = async (): Promise<void> => {
    while (next < tasks.length) {
      const i = next++;
      results[i] = await tasks[i]!();
    }
  };
  await Promise.all(Array.from({ length: Math.max(1, atOnce) }, work));
  return results;
}
