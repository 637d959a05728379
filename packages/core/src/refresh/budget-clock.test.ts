import { describe, expect, it } from 'vitest';
import { manualTime } from '../testing/manual-time.js';
import { BudgetClock } from './budget-clock.js';

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;

function setUp() {
  const time = manualTime();
  const startedAt = time.clock.now();
  const clock = new BudgetClock(time.clock);
  /** What passes by the budget's clock while it looks at the wall clock every 5 s. */
  const watch = async (ms: number): Promise<void> => {
    for (let left = ms; left > 0; left -= 5_000) {
      await time.advance(Math.min(left, 5_000));
      clock.followWallClock();
    }
  };
  return { time, clock, watch, passed: () => clock.now() - startedAt };
}

describe('BudgetClock', () => {
  it('follows a wall clock that has moved on for good within 10 s', async () => {
    const { time, watch, passed } = setUp();
    time.jump(3 * DAY_MS);
    await watch(5_000);
    expect(passed()).toBe(5_000);
    await watch(5_000);
    expect(passed()).toBe(3 * DAY_MS + 10_000);
  });

  it('is moved on once by a wall clock that jumps to and fro', async () => {
    const { time, watch, passed } = setUp();
    for (let i = 0; i < 24; i++) {
      time.jump(i % 2 === 0 ? HOUR_MS : -HOUR_MS);
      await watch(5 * MINUTE_MS);
    }
    expect(passed()).toBe(2 * HOUR_MS + HOUR_MS);
  });

  it('is moved on by no jump after the wall clock went back, whatever the jump, for a day', async () => {
    const { time, watch, passed } = setUp();
    time.jump(-HOUR_MS);
    await watch(MINUTE_MS);
    for (let i = 1; i < 10; i++) {
      time.jump(i * DAY_MS);
      await watch(MINUTE_MS);
      time.jump(-i * DAY_MS);
      await watch(MINUTE_MS);
    }
    expect(passed()).toBe(19 * MINUTE_MS);
  });

  it('keeps a stored moment where it was first seen, and takes none from the future', () => {
    const { time, clock } = setUp();
    const stored = time.clock.now() - HOUR_MS;
    const moment = clock.momentOf(stored);
    expect(clock.now() - moment).toBe(HOUR_MS);
    time.jump(-DAY_MS);
    expect(clock.momentOf(stored)).toBe(moment);
    expect(clock.momentOf(time.clock.now() + HOUR_MS)).toBe(clock.now());
  });

  it.each([NaN, Infinity])('keeps to monotonic time beside a wall clock that says %s', (wrong) => {
    let monotonic = 0;
    const clock = new BudgetClock({ now: () => wrong, monotonic: () => monotonic });
    const before = clock.now();
    monotonic += HOUR_MS;
    clock.followWallClock({ immediately: true });
    expect(clock.now() - before).toBe(HOUR_MS);
    expect(clock.momentOf(5)).toBe(clock.now());
  });
});
