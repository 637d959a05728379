import { expect, it } from 'vitest';
import { Deferred } from './deferred.js';

it('resolves whoever asked before, and whoever asks afterwards', async () => {
  const deferred = new Deferred();
  const before = deferred.promise;
  expect(deferred.promise).toBe(before);
  deferred.resolve();
  await before;
  expect(deferred.promise).toBe(before);

  const unasked = new Deferred();
  unasked.resolve();
  unasked.resolve();
  await unasked.promise;
});
