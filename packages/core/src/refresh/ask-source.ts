import { withinDeadline } from '../deadline.js';
import type { Scheduler } from '../scheduler.js';
import type { DecisionSource, PullContext, PullResult } from '../sources/decision-source.js';
import { checkAnswer } from './check-answer.js';

/** How long a source may take that is not CAPI. */
const SOURCE_DEADLINE_MS = 60_000;

/**
 * Asks a source that may fail, hang or speak for others: resolves with an answer that can be used as it is.
 *
 * @throws whatever it threw; an error when it took longer than a minute or answered what it may not
 */
export async function askSource(
  source: DecisionSource,
  context: PullContext,
  scheduler: Scheduler,
): Promise<PullResult> {
  const answer = await withinDeadline(
    { ms: SOURCE_DEADLINE_MS, signal: context.signal, timer: { scheduler, name: 'crowdsec:source-deadline' } },
    ({ signal }) => source.pull({ ...context, signal }),
  );
  await checkAnswer(source, answer);
  return answer;
}
