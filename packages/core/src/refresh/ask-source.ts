import type { Scheduler } from '../scheduler.js';
import type { DecisionSource, PullContext, PullResult } from '../sources/decision-source.js';
import { checkAnswer } from './check-answer.js';

/** How long a source may take that is not CAPI. */
export const SOURCE_DEADLINE_MS = 60_000;

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
  const abort = new AbortController();
  const stop = (): void => abort.abort(context.signal.reason);
  const late = (): void => abort.abort(new Error(`no answer within ${SOURCE_DEADLINE_MS / 1_000} s`));
  const over = new Promise<never>((_, reject) => {
    abort.signal.addEventListener('abort', () => reject(abort.signal.reason as Error), { once: true });
  });
  const deadline = scheduler.schedule('crowdsec:source-deadline', SOURCE_DEADLINE_MS, late);
  context.signal.addEventListener('abort', stop, { once: true });
  if (context.signal.aborted) stop();
  try {
    const answer = await Promise.race([over, source.pull({ ...context, signal: abort.signal })]);
    await checkAnswer(source, answer);
    return answer;
  } finally {
    deadline[Symbol.dispose]();
    context.signal.removeEventListener('abort', stop);
  }
}
