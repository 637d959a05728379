import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  afterRefused,
  afterTaken,
  candidatesNeeded,
  nextBatch,
  NOTHING_REFUSED,
  type Candidate,
  type RefusalState,
} from './refusal-state.js';
import { propertyRuns } from '../../test/property-runs.js';

interface Run {
  calls: number;
  /** Calls after which the next one was delayed. */
  delayed: number;
  setAside: string[];
  accepted: string[];
  left: number;
  state: RefusalState;
}

const journal = (size: number, kinds = 3): Candidate[] =>
  Array.from({ length: size }, (_, i) => ({ id: String(i), kind: `kind-${i % kinds}` }));

/** Sends what waits until nothing does, or for so many calls; CAPI refuses the batches that `refuses` names. */
function send(
  signals: readonly Candidate[],
  refuses: (batch: readonly Candidate[], call: number) => boolean,
  {
    calls = 2_000,
    state = NOTHING_REFUSED,
    isProven = false,
  }: { calls?: number; state?: RefusalState; isProven?: boolean } = {},
): Run {
  let waiting = [...signals];
  const run: Run = { calls: 0, delayed: 0, setAside: [], accepted: [], left: 0, state };
  for (; waiting.length > 0 && run.calls < calls; run.calls++) {
    const seen = waiting.slice(0, candidatesNeeded(run.state, 250));
    const batch = nextBatch(seen, run.state, { random: Math.random, mostPerCall: 250 });
    expect(batch.length).toBeGreaterThan(0);
    const ids = batch.map(({ id }) => id);
    if (refuses(batch, run.calls)) {
      const refused = new Set([...ids, ...run.state.refusedAlone.map(({ id }) => id)]);
      const result = afterRefused(batch, waiting.filter(({ id }) => !refused.has(id)).length, run.state, isProven);
      run.state = result.state;
      if (result.needsBackoff) run.delayed++;
      if (result.isPoisoned) run.setAside.push(...ids);
      if (result.isPoisoned) waiting = waiting.filter(({ id }) => !ids.includes(id));
    } else {
      run.state = afterTaken(batch, seen, run.state);
      run.accepted.push(...ids);
      waiting = waiting.filter(({ id }) => !ids.includes(id));
    }
  }
  run.left = waiting.length;
  return run;
}

const holds = (...ids: number[]) => {
  const bad = new Set(ids.map(String));
  return (batch: readonly Candidate[]) => batch.some(({ id }) => bad.has(id));
};

describe('the search for a signal that CAPI refuses', () => {
  it.each([0, 1, 124, 125, 249, 250, 999])('finds it at place %i of 1,000, and the others get through', (place) => {
    const { calls, setAside, accepted } = send(journal(1_000), holds(place));
    expect(setAside).toEqual([String(place)]);
    expect(new Set(accepted).size).toBe(999);
    expect(accepted).toHaveLength(999);
    expect(calls).toBeLessThanOrEqual(4 + 17 + 2);
  });

  it('finds exactly those that are refused, wherever they stand', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 12, max: 600 }),
        fc.array(fc.nat(599), { maxLength: 6 }),
        fc.integer({ min: 1, max: 4 }),
        (size, places, kinds) => {
          const bad = [...new Set(places.filter((place) => place < size))];
          const run = send(journal(size, kinds), holds(...bad), { calls: 400 });
          // What is left when all others are through waits for somebody to be compared with.
          const rest = journal(size + 9, kinds).filter(
            ({ id }) => !run.accepted.includes(id) && !run.setAside.includes(id),
          );
          expect(rest.length - 9).toBeLessThanOrEqual(bad.length);
          const { setAside, accepted, left } = send(rest, holds(...bad), { state: run.state });
          expect([...run.setAside, ...setAside].map(Number).sort((a, b) => a - b)).toEqual(bad.sort((a, b) => a - b));
          expect(run.accepted.length + accepted.length).toBe(size + 9 - bad.length);
          expect(left).toBe(0);
        },
      ),
      { numRuns: propertyRuns() },
    );
  });

  it('costs nothing when there is none', () => {
    expect(send(journal(1_000), () => false).calls).toBe(4);
  });

  it('waits for another signal when the refused one is alone, and sets nothing aside until then', () => {
    const alone = send(journal(1), () => true, { calls: 10 });
    expect(alone).toMatchObject({ setAside: [], left: 1, delayed: 10 });
    expect(send(journal(2), holds(0), { state: alone.state })).toMatchObject({
      setAside: ['0'],
      accepted: ['1'],
      left: 0,
    });
    expect(send(journal(2), () => false, { state: alone.state })).toMatchObject({ setAside: [], left: 0 });
  });
});

describe('an outage that refuses everything', () => {
  it.each([1, 2, 3, 50, 1_000])('sets none of %i signals aside, and is noticed after a few calls', (size) => {
    const { setAside, delayed, left, state } = send(journal(size), () => true, { calls: 30 });
    expect(setAside).toEqual([]);
    expect(left).toBe(size);
    expect(delayed).toBeGreaterThanOrEqual(30 - 12);
    const after = send(journal(size), () => false, { state });
    expect(after).toMatchObject({ setAside: [], left: 0 });
    expect(after.calls).toBeLessThanOrEqual(Math.ceil(size / 250) + 2);
  });

  it('of a network that says of itself which signal is to blame is none: all those are set aside, and no other', () => {
    fc.assert(
      fc.property(fc.uniqueArray(fc.nat(299), { maxLength: 20 }), (places) => {
        const { setAside, left, delayed } = send(journal(300), holds(...places), { isProven: true });
        expect(new Set(setAside)).toEqual(new Set(places.map(String)));
        expect({ left, delayed }).toEqual({ left: 0, delayed: 0 });
      }),
      { numRuns: propertyRuns() },
    );
    expect(send(journal(60), () => true, { isProven: true }).setAside).toHaveLength(60);
  });

  it('of signals of one kind alone sets none aside either', () => {
    expect(send(journal(500, 1), () => true, { calls: 50 })).toMatchObject({ setAside: [], left: 500 });
  });

  it('that hides a poisoned signal: afterwards that one is found, and it alone', () => {
    const poisoned = holds(7);
    fc.assert(
      fc.property(fc.nat(40), (until) => {
        const { setAside, left } = send(journal(600), (batch, call) => call < until || poisoned(batch));
        expect(setAside).toEqual(['7']);
        expect(left).toBe(0);
      }),
      { numRuns: propertyRuns() },
    );
  });

  it('that begins while one is searched for costs at most those that are asked just then', () => {
    fc.assert(
      fc.property(fc.nat(30), fc.nat(599), (from, place) => {
        const poisoned = holds(place);
        const { setAside } = send(journal(600), (batch, call) => (call >= from && call < from + 60) || poisoned(batch));
        expect(setAside.filter((id) => id !== String(place)).length).toBeLessThanOrEqual(3);
      }),
      { numRuns: propertyRuns() },
    );
  });
});
