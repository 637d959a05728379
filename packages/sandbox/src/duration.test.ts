import { expect, it } from 'vitest';
import { parseDuration } from './duration.js';

it.each([
  ['90s', 90_000],
  ['1h30m', 5_400_000],
  ['1.5h', 5_400_000],
  ['250ms', 250],
])('reads %s', (text, ms) => {
  expect(parseDuration(text)).toBe(ms);
});

it.each(['', '5', '1d', '-1h', '1h x', 'h', '1..5h'])('does not read "%s"', (text) => {
  expect(parseDuration(text)).toBeUndefined();
});
