import { Breather } from '../decisions/breather.js';
import { type DecisionDelta, DeltaBuilder } from '../decisions/decision-delta.js';
import { CrowdsecError, messageOf } from '../errors.js';
import type { Logger } from '../logger.js';
import type { DecisionSource, ListReport, ListState, PullContext, PullResult } from './decision-source.js';
import { parseJsonInSlices } from './json-slices.js';
import { isRecord, readLinks } from './list-links.js';
import { DEFAULT_LIST_LIMITS, type ListLimits } from './list-limits.js';
import { describeSkipped, logList } from './log-list.js';
import { pullLists } from './pull-lists.js';
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
}

export interface StreamQuery {
  /** Nothing is held, so everything is asked for. */
  readonly startup: boolean;
  readonly signal: AbortSignal;
}

/** Decisions of CrowdSec's Central API: its stream, and the block- and allowlists that the stream links to. */
export function capiSource(options: CapiSourceOptions): DecisionSource {
  const limits = { ...DEFAULT_LIST_LIMITS, ...options.limits };
  const transport = { limits, allowHttp: options.allowHttpLists };
  return {
    name: 'capi',
    feeds: [CAPI, 'blocklist:', 'allowlist:'],

    async pull(context) {
      const now = context.clock.now();
      const breather = new Breather();
      const answer = await asAnswer(
        await options.getStreamDecisions({ startup: context.startup, signal: context.signal }),
        breather,
      );
      const delta = new DeltaBuilder();
      await readStreamAnswer({ answer, delta, now, breather });
      const links = readLinks(answer.links);
      const held = heldLists(context);
      const unusable = new Set(links.unusable.map(({ feed }) => feed));
      const state: Record<string, ListState> = {};
      for (const [feed, list] of Object.entries(held)) {
        // Absent links keep the lists that are held; a link that can't be followed keeps its own.
        if (!links.kinds.has(list.kind) || unusable.has(feed)) state[feed] = list;
        else if (!links.lists.has(feed)) delta.drop(feed);
      }
      const pulled = await pullLists({ lists: links.lists, held, delta, context, now, breather, ...transport });
      const lists = [...pulled.reports, ...links.unusable.map(({ report }) => report)];
      return finish(delta.build(), lists, { ...state, ...pulled.state }, context.logger);
    },

    async retryLists(context) {
      const held = heldLists(context);
      const failed = new Map(Object.entries(held).filter(([, list]) => list.failed));
      const delta = new DeltaBuilder();
      const now = context.clock.now();
      const pulled = await pullLists({
        lists: failed,
        held,
        delta,
        context,
        now,
        breather: new Breather(),
        ...transport,
      });
      return finish(delta.build(), pulled.reports, { ...held, ...pulled.state }, context.logger);
    },
  };
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
async function asAnswer(answer: unknown, breather: Breather): Promise<Readonly<Record<string, unknown>>> {
  const value = typeof answer === 'string' && answer.trim() !== '' ? await parse(answer, breather) : answer;
  if (value === undefined || value === null || value === '' || (Array.isArray(value) && value.length === 0)) return {};
  if (isRecord(value)) return value;
  throw malformed();
}

async function parse(text: string, breather: Breather): Promise<unknown> {
  try {
    return await parseJsonInSlices(text, breather);
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

function finish(
  delta: DecisionDelta,
  lists: readonly ListReport[],
  state: PullResult['state'],
  logger: Logger,
): PullResult {
  const skipped = describeSkipped(delta.skipped);
  if (skipped !== '') logger.warn(`some decisions are unusable and were left out: ${skipped}`);
  for (const list of lists) logList(list, logger);
  return { delta, lists, state };
}
