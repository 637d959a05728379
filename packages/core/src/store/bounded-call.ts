import { DamagedError } from './damaged-error.js';
import { type Deadline, withinDeadline } from '../deadline.js';
import type { StoreEngine } from './store-engine.js';
import { storeTooSlow, storeUnavailable } from './store-error.js';
import type { CallKind, StoreStatus } from './store-status.js';

/**
 * Runs one call to the store within its deadline, notes what it tells about the store, and gives a failure its code. Damage
 * is no failure of the store: a `DamagedError` passes as it is.
 *
 * @param proves whether this result of a write shows that something was written; any result does by default
 */
export type BoundedCall = <T>(
  kind: CallKind,
  task: string,
  run: (deadline: Deadline) => Promise<T>,
  proves?: (result: T) => boolean,
) => Promise<T>;

/** @param limits how long a call may take, in ms, and what breaks those off that are on their way */
export function boundedCalls(
  engine: StoreEngine,
  status: StoreStatus,
  { deadlineMs, signal }: { readonly deadlineMs: number; readonly signal: AbortSignal },
): BoundedCall {
  const { description } = engine;
  return async (kind, task, run, proves = () => true) => {
    try {
      const result = await withinDeadline(
        {
          ms: deadlineMs,
          signal,
          late: () => storeTooSlow(description, task, { deadlineMs, trouble: engine.trouble }),
        },
        run,
      );
      status.worked(kind === 'write' && !proves(result) ? 'change' : kind);
      return result;
    } catch (error) {
      const failure = storeUnavailable(description, task, error, engine.trouble);
      status.failed(kind, error, failure);
      throw error instanceof DamagedError ? error : failure;
    }
  };
}
