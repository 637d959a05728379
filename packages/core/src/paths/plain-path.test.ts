import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { plainPath } from './plain-path.js';
import { propertyRuns } from '../../test/property-runs.js';

describe('a plain path', () => {
  it.each([
    ['/A/b/', '/a/b'],
    ['/a//./b/../c', '/a/c'],
    ['/a\\b', '/a/b'],
    ['/%252561', '/a'],
    ['/%25252561', '/%61'],
    ['/a;b=c/d;', '/a/d'],
    ['/a%3fb/c%23/d%00.jpg', '/a/c/d'],
    ['/a/..;b/c', '/c'],
    ['/.a./b. ./...', '/.a/b'],
    ['/v1.2/a..b', '/v1.2/a..b'],
    ['/%zz%', '/%zz%'],
    ['', '/'],
    ['/%c0%aeenv', '/.env'],
    ['/a%c0%af%e0%80%aeenv', '/a/.env'],
    ['/a%f0%80%80%af.env', '/a/.env'],
    ['/%u002eenv', '/.env'],
    ['/%uff0eenv', '/.env'],
    ['/%ef%bc%8eenv', '/.env'],
    ['/\uff0eenv', '/.env'],
    ['/caf%C3%A9', '/caf\xe3\xa9'],
  ])('of %s is %s', (path, plain) => {
    expect(plainPath(path)).toBe(plain);
  });
  it('is the same with a slash at its end, by which none is taken for plain already', () => {
    const piece = fc.constantFrom(
      '/',
      '.',
      '..',
      'a',
      'B',
      '1',
      '~',
      ';',
      '%2e',
      ' ',
      '\\',
      '+',
      '\u00e9',
      '-',
      '=',
      '!',
    );
    const path = fc.array(piece, { maxLength: 12 }).map((pieces) => `/${pieces.join('')}`);
    fc.assert(
      fc.property(path, (each) => {
        expect(plainPath(`${each}/`)).toBe(plainPath(each));
      }),
      { numRuns: propertyRuns(2_000) },
    );
  });
});
