import { describe, expect, it } from 'vitest';
import { CAPI_PACE } from '../capi/capi-pace.js';
import { nextCall } from './pace.js';

const S = 1_000;
const NEVER = undefined;

describe('when the next call leaves', () => {
  it.each([
    // size, oldest at, last call at → due at
    { size: 1, oldestAt: 0, lastCallAt: NEVER, dueAt: 597_640, why: 'one signal waits almost 10 minutes' },
    { size: 125, oldestAt: 0, lastCallAt: NEVER, dueAt: 305 * S, why: 'half full, about 5 minutes' },
    { size: 249, oldestAt: 0, lastCallAt: NEVER, dueAt: 12_360, why: 'almost full, a little over 10 seconds' },
    { size: 250, oldestAt: 0, lastCallAt: NEVER, dueAt: 0, why: 'a full call leaves at once if none ever left' },
    { size: 250, oldestAt: 50 * S, lastCallAt: 45 * S, dueAt: 55 * S, why: 'a full call waits for the 10 seconds' },
    { size: 5_000, oldestAt: 0, lastCallAt: 45 * S, dueAt: 55 * S, why: 'more than a call is not sooner' },
    { size: 249, oldestAt: 44 * S, lastCallAt: 60 * S, dueAt: 70 * S, why: 'never within 10 seconds of the last call' },
    {
      size: 1,
      oldestAt: 300 * S,
      lastCallAt: 0,
      dueAt: 600 * S,
      why: 'never later than 10 minutes after the last call',
    },
    {
      size: 1,
      oldestAt: 3_600 * S,
      lastCallAt: 0,
      dueAt: 3_610 * S,
      why: 'after a quiet hour, 10 seconds to gather more',
    },
  ])('$why', ({ size, oldestAt, lastCallAt, dueAt }) => {
    expect(nextCall({ size, oldestAt, lastCallAt }, CAPI_PACE).dueAt).toBeCloseTo(dueAt, -2);
  });

  it('is never when nothing waits', () => {
    expect(nextCall({ size: 0, oldestAt: 0, lastCallAt: 0 }, CAPI_PACE)).toMatchObject({
      allowedAt: 10 * S,
      dueAt: undefined,
    });
  });

  it('is never later when one more signal waits', () => {
    const dues = Array.from(
      { length: 300 },
      (_, size) => nextCall({ size: size + 1, oldestAt: 100 * S, lastCallAt: 90 * S }, CAPI_PACE).dueAt!,
    );
    expect([...dues].sort((a, b) => b - a)).toEqual(dues);
  });
});
