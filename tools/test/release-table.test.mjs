import { expect, it } from 'vitest';
import { failures, leftOut, table } from '../release/table.mjs';

const results = new Map([
  ['koa', new Map(Object.entries({ install: 'ok', refused: 'A banned client was answered 200.' }))],
  ['next', new Map(Object.entries({ install: 'ok', 'ts 5.9': 'not run: its types need a newer one' }))],
]);

it('tells a cell that failed from one that was left out, and both from one that passed', () => {
  expect(table(results).split('\n')).toEqual([
    '|      | install | refused | ts 5.9  |',
    '|------|---------|---------|---------|',
    '| koa  | ok      | FAILED  |         |',
    '| next | ok      |         | not run |',
  ]);
  expect(failures(results)).toEqual(['koa, refused: A banned client was answered 200.']);
  expect(leftOut(results)).toEqual(['next, ts 5.9: not run: its types need a newer one']);
});
