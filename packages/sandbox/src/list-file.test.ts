import { expect, it } from 'vitest';
import { parseList } from './list-file.js';

it('takes addresses and ranges of both families, each once, and counts the rest', () => {
  const text = [
    '\uFEFF# a comment',
    '',
    '198.51.100.1\t10',
    '  198.51.100.2 3 4',
    '198.51.100.3,spam',
    '198.51.100.4 # why',
    '198.51.100.5;note',
    '198.51.100.0/24\r',
    '2001:DB8::1',
    '2001:db8::/32',
    '198.51.100.1',
    '; another comment',
    'example.org',
    '198.51.100.0/33',
    '2001:db8::/129',
    '198.51.100.0/',
    '198.51.100.0/8/8',
    '256.1.1.1',
  ].join('\n');
  expect(parseList(text)).toEqual({
    values: [
      '198.51.100.1',
      '198.51.100.2',
      '198.51.100.3',
      '198.51.100.4',
      '198.51.100.5',
      '198.51.100.0/24',
      '2001:DB8::1',
      '2001:db8::/32',
    ],
    skipped: 6,
  });
});

it('finds nothing in nothing', () => {
  expect(parseList('')).toEqual({ values: [], skipped: 0 });
});
