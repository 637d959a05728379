import { expect, it } from 'vitest';
import { manualTime } from '../testing/manual-time.js';
import { keepAlive } from './keep-alive.js';
import type { Lease } from './store.js';

it('prolongs a lease until it is lost, and tries again when the store does not answer', async () => {
  const time = manualTime();
  const answers: (boolean | Error)[] = [true, new Error('no answer'), new Error('no answer'), true, false, true];
  const renewals: number[] = [];
  const renew = (forMs: number): Promise<boolean> => {
    renewals.push(forMs);
    const answer = answers.shift() ?? true;
    return answer instanceof Error ? Promise.reject(answer) : Promise.resolve(answer);
  };
  keepAlive({ renew } as Lease, 20_000, time.scheduler);
  await time.advance(24_999);
  expect(renewals).toHaveLength(4);
  await time.advance(60_000);
  expect(renewals).toEqual(Array.from({ length: 5 }, () => 20_000));
  expect(time.pending()).toEqual([]);
});

it('ends with its handle', async () => {
  const time = manualTime();
  let renewals = 0;
  const handle = keepAlive({ renew: () => Promise.resolve(++renewals > 0) } as unknown as Lease, 3_000, time.scheduler);
  await time.advance(2_500);
  handle[Symbol.dispose]();
  await time.advance(10_000);
  expect(renewals).toBe(2);
});
