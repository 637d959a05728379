import { describe, expect, it } from 'vitest';
import { afterRefusal, afterSuccess, batchSize } from './suspects.js';

/** Sends a journal with poisoned signals at these places until it is empty; returns the calls made and what was set aside. */
function drain(size: number, poisoned: ReadonlySet<number>): { calls: number; setAside: number[]; accepted: number } {
  let journal = Array.from({ length: size }, (_, i) => i);
  let suspects = 0;
  let calls = 0;
  let accepted = 0;
  const setAside: number[] = [];
  while (journal.length > 0 && calls < 10_000) {
    const batch = journal.slice(0, batchSize(suspects));
    calls += 1;
    if (batch.some((id) => poisoned.has(id))) {
      if (batch.length === 1) setAside.push(batch[0]!);
      if (batch.length === 1) journal = journal.slice(1);
      suspects = afterRefusal(batch.length, suspects);
    } else {
      accepted += batch.length;
      journal = journal.slice(batch.length);
      suspects = afterSuccess(suspects, batch.length);
    }
  }
  return { calls, setAside, accepted };
}

describe('looking for the signal that spoils a call', () => {
  it.each([0, 1, 124, 125, 249, 250, 999])('finds it at place %i of 1,000, and the others get through', (place) => {
    const { calls, setAside, accepted } = drain(1_000, new Set([place]));
    expect(setAside).toEqual([place]);
    expect(accepted).toBe(999);
    expect(calls).toBeLessThanOrEqual(4 + 17);
  });

  it('finds several', () => {
    const poisoned = new Set([3, 4, 200, 700, 999]);
    expect(drain(1_000, poisoned)).toMatchObject({ setAside: [...poisoned], accepted: 995 });
  });

  it('costs nothing when there is none', () => {
    expect(drain(1_000, new Set()).calls).toBe(4);
  });
});
