import { describe, expect, it } from 'vitest';
import { plainPath } from './plain-path.js';

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
  ])('of %s is %s', (path, plain) => {
    expect(plainPath(path)).toBe(plain);
  });
});
