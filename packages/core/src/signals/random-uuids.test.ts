import { expect, it } from 'vitest';
import { randomUuid } from './random-uuids.js';

it('makes random UUIDs of version 4, each another one over many batches', () => {
  const made = Array.from({ length: 10_000 }, randomUuid);
  expect(new Set(made).size).toBe(made.length);
  const version4 = /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;
  expect(made.filter((uuid) => !version4.test(uuid))).toEqual([]);
  // Every digit that is random takes every value.
  for (const place of [0, 9, 15, 20, 35]) expect(new Set(made.map((uuid) => uuid[place])).size).toBe(16);
});
