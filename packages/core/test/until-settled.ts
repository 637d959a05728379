import type { ManualTime } from '../src/testing/manual-time.js';

/**
 * Moves time until the work has settled, as what it comes to: a step every few ms of real time, in which servers and stores answer.
 *
 * @param stepMs how far each step goes, in ms
 */
export async function untilSettled<T>(work: Promise<T>, time: ManualTime, stepMs = 250): Promise<T> {
  const state = { isSettled: false };
  const settle = (): void => void (state.isSettled = true);
  work.then(settle, settle);
  while (!state.isSettled) {
    await new Promise((resolve) => setTimeout(resolve, 5));
    await time.advance(stepMs);
  }
  return work;
}
