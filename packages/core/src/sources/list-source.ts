import type * as z from 'zod';
import { EventLoopYielder } from '../decisions/event-loop-yielder.js';
import { DeltaBuilder } from '../decisions/decision-delta.js';
import { parseGoDuration } from '../decisions/go-duration.js';
import { blocklistParser } from '../decisions/list-parser.js';
import { RowSet } from '../decisions/row-set.js';
import { NEVER, untilOf } from '../decisions/row-source.js';
import { messageOf } from '../errors.js';
import { validate } from '../validate.js';
import type { DecisionSource, ListState, PullContext, PullResult } from './decision-source.js';
import { DEFAULT_LIST_LIMITS } from './list-limits.js';
import { type ListSourceOptions, listSourceOptions } from './list-options.js';
import { describeSkipped } from './log-list.js';
import { readList } from './read-list.js';

/**
 * A source out of lines, wherever they come from. Each process reads them itself.
 *
 * ```ts
 * listSource({
 *   name: 'fraud',
 *   everyMs: 60_000,
 *   async *read() {
 *     for await (const { ip } of database.banned()) yield `${ip}\n`;
 *   },
 * });
 * ```
 *
 * @throws CrowdsecError `CROWDSEC_OPTION_INVALID` with the path of the wrong option
 */
export function listSource(options: ListSourceOptions): DecisionSource {
  const list = validate(listSourceOptions, options, 'options');
  const name = list.name.toLowerCase();
  const feed = `${name}:list`;
  return {
    name,
    everyMs: list.everyMs,

    async pull(context) {
      const before = context.state[feed] ?? { name: list.name, kind: list.kind, url: '' };
      let state = before;
      try {
        const version = await list.version?.(context);
        state = { ...before, seen: version };
        if (version !== undefined && !context.startup) {
          if (version === before.version) return unread(feed, state, context);
          if (version !== before.seen) {
            if (before.seen !== before.version) throw new Error('it is another one at each look: it is being written');
            return unread(feed, state, context);
          }
        }
        return await readAnew(list, feed, state, context);
      } catch (error) {
        return unread(feed, state, context, messageOf(error));
      }
    },
  };
}

/** Nothing new; with an error, because it could not be read. */
function unread(feed: string, state: ListState, { index }: PullContext, error?: string): PullResult {
  const { name, kind } = state;
  const report = { name, kind, entries: index.countOf(feed), skipped: {} };
  return {
    delta: new DeltaBuilder().build(),
    lists: [error === undefined ? { ...report, status: 'unchanged' } : { ...report, status: 'failed', error }],
    state: { [feed]: state },
  };
}

async function readAnew(
  list: z.output<typeof listSourceOptions>,
  feed: string,
  state: ListState,
  context: PullContext,
): Promise<PullResult> {
  const { kind, name, type, duration } = list;
  const allow = kind === 'allowlist';
  const origin = `lists:${name.toLowerCase()}`;
  const now = context.clock.now();
  const delta = new DeltaBuilder();
  const rows = new RowSet();
  const parser = blocklistParser({
    kind: 'address',
    rows,
    source: delta.sourceId({ feed, origin, type: allow ? 'allow' : type, scenario: name, allow }),
    until: duration === undefined ? NEVER : untilOf(now + parseGoDuration(duration)!),
    skipped: delta.skipped,
    keepNonPublic: allow || list.keepNonPublic,
  });
  await readList(list.read(context), { parser, limits: DEFAULT_LIST_LIMITS, yielder: new EventLoopYielder() });
  const skipped = delta.skipped.reasons;
  if (parser.recognised === 0 && describeSkipped(skipped) !== '') {
    throw new Error(`not one line of it is an entry (${describeSkipped(skipped)})`);
  }
  if ((await list.version?.(context)) !== state.seen) throw new Error('it changed while it was read');
  delta.replace(feed, rows);
  return {
    delta: delta.build(),
    lists: [{ name, kind, status: 'replaced', entries: parser.entries, skipped }],
    state: { [feed]: { ...state, version: state.seen, pulledAt: now } },
  };
}
