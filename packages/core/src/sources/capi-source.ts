import { EventLoopYielder } from '../decisions/event-loop-yielder.js';
import { DeltaBuilder } from '../decisions/decision-delta.js';
import { SourceTable } from '../decisions/source-table.js';
import { CrowdsecError, messageOf } from '../errors.js';
import type { Logger } from '../logger.js';
import type { DecisionSource, ListReport, ListState, PullContext, PullResult, SourceState } from './decision-source.js';
import { parseJsonInSlices } from './json-slices.js';
import { isNamedBy, isRecord, readLinks } from './list-links.js';
import { DEFAULT_LIST_LIMITS, type ListLimits } from './list-limits.js';
import { describeSkipped, logList } from './log-list.js';
import { ListDownloads } from './list-downloads.js';
import { CAPI, readStreamAnswer } from './stream-answer.js';

export interface CapiSourceOptions {
  /**
   * Asks CAPI for the decisions stream. What it resolves with is the answer, parsed, or better the text of it:
   * parsing three megabytes of JSON at once would hold the event loop for 50 ms.
   */
  readonly getStreamDecisions: (query: StreamQuery) => Promise<unknown>;
  /** The API itself is plain http, so lists may be. Otherwise https only. */
  readonly allowHttpLists: boolean;
  readonly limits?: Partial<ListLimits>;
  /** Keeps entries of linked blocklists with non-public addresses; by default they are left out and counted. */
  readonly keepNonPublic?: boolean;
}

export interface StreamQuery {
  /** Nothing is held, so everything is asked for. */
  readonly startup: boolean;
  readonly signal: AbortSignal;
  readonly beforeCall: PullContext['beforeCall'];
}

/** Decisions of CrowdSec's Central API: its stream, and the block- and allowlists that the stream links to. */
export function capiSource(options: CapiSourceOptions): DecisionSource {
  const limits = { ...DEFAULT_LIST_LIMITS, ...options.limits };
  const rules = { limits, allowHttp: options.allowHttpLists, keepNonPublic: options.keepNonPublic ?? false };
  return {
    name: 'capi',
    feeds: [CAPI, 'blocklist:', 'allowlist:'],

    async pull(context) {
      const now = context.clock.now();
      const yielder = new EventLoopYielder();
      const answer = await asAnswer(
        await options.getStreamDecisions({
          startup: context.startup,
          signal: context.signal,
          beforeCall: context.beforeCall,
        }),
        yielder,
      );
      const sources = new SourceTable();
      const delta = new DeltaBuilder(sources);
      await readStreamAnswer({ answer, delta, now, yielder });
      const links = readLinks(answer.links);
      const held = heldLists(context);
      const state: Record<string, ListState> = {};
      for (const [feed, list] of Object.entries(held)) {
        // Absent links keep the lists that are held; a link that can't be followed keeps its own.
        if (links.lists.has(feed)) continue;
        const isKept = !links.kinds.has(list.kind) || links.unusable.some((link) => isNamedBy(link, list));
        if (isKept) state[feed] = list;
        else delta.drop(feed);
      }
      logSkipped(delta, context.logger);
      const downloads = new ListDownloads({ lists: links.lists, held, sources, context, now, yielder, ...rules });
      return follow(downloads, { delta, sources, state, unusable: links.unusable, context });
    },

    async retryLists(context) {
      const now = context.clock.now();
      const held = heldLists(context);
      const lists = new Map(Object.entries(held).filter(([, list]) => list.failed));
      const sources = new SourceTable();
      const yielder = new EventLoopYielder();
      const downloads = new ListDownloads({ lists, held, sources, context, now, yielder, ...rules });
      return follow(downloads, { delta: undefined, sources, state: held, unusable: [], context });
    },
  };
}

/** Hands on what the stream brought, then the lists as they come. Without `deliver` it waits for all of them. */
async function follow(
  downloads: ListDownloads,
  answer: {
    /** What the stream brought; absent when only lists are asked for. */
    readonly delta: DeltaBuilder | undefined;
    readonly sources: SourceTable;
    readonly state: SourceState;
    readonly unusable: readonly ListReport[];
    readonly context: PullContext;
  },
): Promise<PullResult> {
  const { sources, context, unusable } = answer;
  let delta = answer.delta ?? new DeltaBuilder(sources);
  const result = (): PullResult => ({
    delta: delta.build(),
    lists: [...downloads.reports, ...unusable],
    state: { ...answer.state, ...downloads.state },
  });
  const isWaiting = (): boolean => !downloads.isDone && context.deliver !== undefined;
  try {
    for (let isFirst = answer.delta !== undefined; ; isFirst = false) {
      if (!isFirst || !isWaiting()) {
        const batch = isWaiting() ? await downloads.next() : await downloads.all();
        // In the order of the links, whichever came first: of equal decisions, the first list's wins.
        for (const { feed, rows } of batch) if (rows) delta.replace(feed, rows);
      }
      if (!isWaiting()) break;
      await context.deliver?.(result());
      delta = new DeltaBuilder(sources);
    }
    for (const list of [...downloads.reports, ...unusable]) logList(list, context.logger);
    return result();
  } finally {
    downloads.stop();
  }
}

/** What is remembered of lists, unless nothing is held any more. */
function heldLists({ startup, state }: PullContext): Readonly<Record<string, ListState>> {
  if (!startup) return state;
  return Object.fromEntries(Object.entries(state).map(([feed, list]) => [feed, withoutPull(list)]));
}

function withoutPull({ kind, name, url, remediation, scope, duration }: ListState): ListState {
  return kind === 'allowlist' ? { kind, name, url } : { kind, name, url, remediation, scope, duration };
}

/** The answer as an object; an empty body is an answer without anything. */
async function asAnswer(answer: unknown, yielder: EventLoopYielder): Promise<Readonly<Record<string, unknown>>> {
  const value = typeof answer === 'string' && answer.trim() !== '' ? await parse(answer, yielder) : answer;
  if (value === undefined || value === null || value === '' || (Array.isArray(value) && value.length === 0)) return {};
  if (isRecord(value)) return value;
  throw malformed();
}

async function parse(text: string, yielder: EventLoopYielder): Promise<unknown> {
  try {
    return await parseJsonInSlices(text, yielder);
  } catch (cause) {
    throw malformed(cause);
  }
}

function malformed(cause?: unknown): CrowdsecError {
  return new CrowdsecError(
    'CROWDSEC_API_MALFORMED',
    `the decisions stream answered something that is not a JSON object${cause === undefined ? '' : `: ${messageOf(cause)}`}`,
    { cause },
  );
}

function logSkipped({ skipped }: DeltaBuilder, logger: Logger): void {
  const reasons = describeSkipped(skipped.reasons);
  if (reasons !== '')
    logger.warn(`some decisions are unusable and were left out: ${reasons}`, { code: 'DECISIONS_SKIPPED', reasons });
}
