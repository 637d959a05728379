import { expect, it } from 'vitest';
import { callLine } from './call-line.js';
import type { Call } from './calls.js';

const call: Call = {
  at: Date.UTC(2026, 0, 2, 15, 4, 5, 123),
  method: 'POST',
  target: '/v3/signals',
  path: '/v3/signals',
  query: {},
  userAgent: 'csnodecapi/v0.1.0',
  authorization: 'bearer',
  headers: {},
  body: [],
  machineId: undefined,
  signals: undefined,
  status: 200,
  cut: undefined,
};

it.each<[string, Partial<Call>, string]>([
  ['what was answered', {}, '15:04:05.123 POST /v3/signals 200'],
  [
    'who called, with what',
    { machineId: 'abc', signals: 3 },
    '15:04:05.123 POST /v3/signals 200 machine abc 3 signals',
  ],
  ['one signal', { signals: 1 }, '15:04:05.123 POST /v3/signals 200 1 signal'],
  ['a query', { target: '/v3/x?a=b' }, '15:04:05.123 POST /v3/x?a=b 200'],
  [
    'an answer that was lost',
    { cut: 'before', status: undefined },
    '15:04:05.123 POST /v3/signals no answer, connection cut before the answer',
  ],
  ['an answer that was cut', { cut: 'after' }, '15:04:05.123 POST /v3/signals 200 connection cut after the answer'],
  [
    'a machine that writes to the terminal',
    { machineId: 'a\n\u001b[2Jb\u0085\u2028\u202e' },
    '15:04:05.123 POST /v3/signals 200 machine a\uFFFD\uFFFD[2Jb\uFFFD\uFFFD\uFFFD',
  ],
  ['a long target', { target: `/${'x'.repeat(5_000)}` }, `15:04:05.123 POST /${'x'.repeat(199)}… 200`],
])('tells %s in one line', (_, part, line) => {
  expect(callLine({ ...call, ...part })).toBe(line);
});
