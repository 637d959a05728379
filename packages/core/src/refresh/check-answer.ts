import * as z from 'zod';
import { EventLoopYielder } from '../decisions/event-loop-yielder.js';
import { FAMILIES, type RowSet, WORDS } from '../decisions/row-set.js';
import type { DecisionSource, PullResult } from '../sources/decision-source.js';
import { ownsFeed } from './source-feeds.js';

/** So many origins and scenarios a source may tell apart: more would leave none for the others. */
const MAX_SOURCES = 1_000;

const counts = z.record(z.string(), z.number());

const answerSchema = z.object({
  delta: z.object({
    sources: z
      .array(
        z.object({ feed: z.string(), origin: z.string(), type: z.string(), scenario: z.string(), allow: z.boolean() }),
      )
      .max(MAX_SOURCES),
    rows: z.custom<RowSet>(areRows, { error: 'must be rows of a DeltaBuilder' }),
    replaced: z.instanceof(Set),
    added: z.number(),
    deleted: z.number(),
    skipped: counts,
  }),
  lists: z.array(
    z.object({
      name: z.string(),
      kind: z.enum(['blocklist', 'allowlist']),
      status: z.enum(['replaced', 'unchanged', 'failed']),
      httpStatus: z.number().optional(),
      entries: z.number(),
      skipped: counts,
      error: z.string().optional(),
    }),
  ),
  state: z.record(z.string(), z.object({})),
});

/**
 * Checks that an answer has its shape and is about feeds of its source alone.
 *
 * @throws Error when it is not
 */
export async function checkAnswer(source: DecisionSource, answer: PullResult): Promise<void> {
  const checked = answerSchema.safeParse(answer);
  if (!checked.success) throw new Error(`it answered what is no answer: ${z.prettifyError(checked.error)}`);
  const { delta, state } = answer;
  const feeds = [...delta.sources.map(({ feed }) => feed), ...delta.replaced, ...Object.keys(state)];
  const foreign = feeds.find((feed) => !ownsFeed(source, feed));
  if (foreign !== undefined) throw new Error(`it spoke for the feed "${foreign}", which is not its own`);
  await checkNumbers(delta.rows, delta.sources.length);
}

/** A row of a source that is not there would become a row of somebody else's. */
async function checkNumbers(rows: RowSet, sources: number): Promise<void> {
  const yielder = new EventLoopYielder();
  for (const family of FAMILIES) {
    const { words } = rows[family];
    for (const { data, stride, count } of rows[family].runs()) {
      for (let row = 0; row < count; row++) {
        const source = data[row * stride + words]! >>> 16;
        if (source >= sources) throw new Error('its rows name sources that it does not list');
      }
      if (yielder.isSliceSpent()) await yielder.yieldToEventLoop();
    }
  }
}

/** Told by their shape: they may come from another copy of this package. */
function areRows(value: unknown): boolean {
  const rows = value as Partial<RowSet> | undefined;
  return FAMILIES.every((family) => typeof rows?.[family]?.runs === 'function' && rows[family].words === WORDS[family]);
}
