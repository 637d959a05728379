import type { EventLoopYielder } from '../decisions/event-loop-yielder.js';
import { SkipCount } from '../decisions/decision-delta.js';
import { parseGoDuration } from '../decisions/go-duration.js';
import { allowlistParser, blocklistParser, type ListParser } from '../decisions/list-parser.js';
import { kindOfScope, RowSet } from '../decisions/row-set.js';
import { type RowSource, untilOf } from '../decisions/row-source.js';
import type { SourceTable } from '../decisions/source-table.js';
import type { ListReport, ListState, PullContext } from './decision-source.js';
import { downloadList, type DownloadResult } from './download-list.js';
import type { ListLimits } from './list-limits.js';

export interface ListsPull {
  /** The lists to ask for, by feed. */
  readonly lists: ReadonlyMap<string, ListState>;
  /** What is remembered of them. */
  readonly held: Readonly<Record<string, ListState>>;
  /** Numbers the sources of all rows of the pull. */
  readonly sources: SourceTable;
  readonly context: PullContext;
  /** When the pull began, in ms since the epoch. */
  readonly now: number;
  readonly yielder: EventLoopYielder;
  readonly limits: ListLimits;
  readonly allowHttp: boolean;
  readonly keepNonPublic: boolean;
}

/** What became of one list. */
export interface DownloadedList {
  readonly feed: string;
  readonly report: ListReport;
  readonly state: ListState;
  /** Its entries, when they came. */
  readonly rows?: RowSet;
}

/**
 * Downloads lists side by side, each on its own: one that fails leaves what is held of it, and the others, alone. All
 * together they have `limits.totalTimeoutMs`.
 */
export class ListDownloads {
  readonly #pull: ListsPull;
  readonly #abort = new AbortController();
  readonly #timer: NodeJS.Timeout;
  readonly #onAbort: () => void;
  /** By the order of the links; absent until settled. */
  readonly #settled: (Omit<DownloadedList, 'rows'> | undefined)[] = [];
  #fresh: { readonly at: number; readonly list: DownloadedList }[] = [];
  /** The callers that wait until a list is settled. */
  #wake: () => void = () => undefined;
  #left: number;

  constructor(pull: ListsPull) {
    this.#pull = pull;
    this.#left = pull.lists.size;
    const { totalTimeoutMs, concurrency } = pull.limits;
    const late = new Error(`not read within ${totalTimeoutMs} ms for all lists together`);
    this.#timer = setTimeout(() => this.#abort.abort(late), totalTimeoutMs);
    this.#timer.unref();
    const { signal } = pull.context;
    this.#onAbort = (): void => this.#abort.abort(signal.reason);
    signal.addEventListener('abort', this.#onAbort, { once: true });
    if (signal.aborted) this.#onAbort();
    const waiting = [...pull.lists].entries();
    for (let i = 0; i < concurrency; i++) void this.#work(waiting);
    if (this.#left === 0) this.stop();
  }

  /** Whether every list has been handed out. */
  get isDone(): boolean {
    return this.#left === 0 && this.#fresh.length === 0;
  }

  /** The reports of the lists that have come or failed so far, in the order of the links. */
  get reports(): readonly ListReport[] {
    return this.#settled.flatMap((list) => (list === undefined ? [] : [list.report]));
  }

  /** What is to be remembered: a list that has not been settled counts as failed, so that it is asked for again. */
  get state(): Readonly<Record<string, ListState>> {
    const settled = Object.fromEntries(
      this.#settled.flatMap((list) => (list ? [[list.feed, list.state] as const] : [])),
    );
    const { lists, held } = this.#pull;
    const waiting = Object.fromEntries([...lists].map(([feed, list]) => [feed, asFailed(list, held[feed])] as const));
    return { ...waiting, ...settled };
  }

  /** Waits until something has come, and hands it out in the order of the links; empty when nothing is left. */
  async next(): Promise<readonly DownloadedList[]> {
    if (this.#fresh.length === 0 && this.#left > 0) await this.#settling();
    const fresh = this.#fresh.sort((a, b) => a.at - b.at);
    this.#fresh = [];
    return fresh.map(({ list }) => list);
  }

  /** Waits until all have come, and hands out those that {@link next} has not. */
  async all(): Promise<readonly DownloadedList[]> {
    while (this.#left > 0) await this.#settling();
    return this.next();
  }

  /** Breaks off what is on its way. */
  stop(): void {
    clearTimeout(this.#timer);
    this.#pull.context.signal.removeEventListener('abort', this.#onAbort);
    if (this.#left > 0) this.#abort.abort(new Error('the pull has ended'));
  }

  #settling(): Promise<void> {
    return new Promise((resolve) => (this.#wake = resolve));
  }

  async #work(waiting: IterableIterator<[number, [string, ListState]]>): Promise<void> {
    for (const [at, [feed, list]] of waiting) {
      const downloaded = await downloadOne(feed, list, this.#pull, this.#abort.signal);
      const { rows: _, ...settled } = downloaded;
      this.#settled[at] = settled;
      this.#fresh.push({ at, list: downloaded });
      this.#left--;
      this.#wake();
    }
  }
}

function asFailed(list: ListState, held: ListState | undefined): ListState {
  return { ...list, ...(held?.pulledAt === undefined ? {} : { pulledAt: held.pulledAt }), failed: true };
}

/** Never rejects. */
async function downloadOne(
  feed: string,
  list: ListState,
  pull: ListsPull,
  signal: AbortSignal,
): Promise<DownloadedList> {
  const { context, now, limits, allowHttp, yielder } = pull;
  const rows = new RowSet();
  const skipped = new SkipCount();
  const parser = parserOf(feed, list, rows, skipped, pull);
  const pulledAt = pull.held[feed]?.pulledAt;
  const since = mayAskForChanges(feed, list, pull) ? pulledAt : undefined;
  const { url } = list;
  const { fetch } = context;
  const result = refuseForeign(
    await downloadList({ url, since, parser, allowHttp, limits, fetch, signal, yielder }),
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
  const state = { ...asFailed(list, pull.held[feed]), failed: result.status === 'failed' };
  return { feed, report: { ...report, entries: context.index.countOf(feed) }, state };
}

function parserOf(
  feed: string,
  list: ListState,
  rows: RowSet,
  skipped: SkipCount,
  { sources, now, keepNonPublic }: ListsPull,
): ListParser {
  const source = (type: string, allow: boolean): RowSource => ({
    feed,
    origin: `lists:${list.name.toLowerCase()}`,
    type,
    scenario: list.name,
    allow,
  });
  if (list.kind === 'allowlist')
    return allowlistParser({ rows, skipped, now, source: sources.idOf(source('allow', true)) });
  const durationMs = parseGoDuration(list.duration ?? '') ?? 0;
  return blocklistParser({
    rows,
    skipped,
    kind: kindOfScope(list.scope ?? ''),
    source: sources.idOf(source((list.remediation ?? '').toLowerCase(), false)),
    until: durationMs > 0 ? untilOf(now + durationMs) : 0,
    keepNonPublic,
  });
}

/** The engine leaves this much time for a refresh that comes late. */
const MARGIN_MS = 15 * 60_000;

/**
 * Whether an answer "not modified" would do. Not when a blocklist's entries are gone or would end before the next
 * pull renews them, because their duration starts again only with a complete answer; the entries of an allowlist have ends of
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
