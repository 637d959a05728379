import { describe, expect, it } from 'vitest';
import { exceptRule } from './except-rule.js';
import { plainPath } from '@crowdsec-sdk/core/extension';

const isExcepted = (except: readonly string[], path: string) => exceptRule(except)(plainPath(path));

describe('exceptions', () => {
  it.each([
    ['/a/b', '/A/b/'],
    ['/Wiki/*', '/wiki/.env'],
    ['/wiki/*', '/wiki/a/b/.git/config'],
    ['/.git/*', '/.git/'],
    ['/*', '/.env'],
  ])('of %s are such as %s', (except, path) => {
    expect(isExcepted(['/x', except], path)).toBe(true);
  });

  it.each([
    ['/a', '/a/b'],
    ['/wiki/*', '/wikis/.env'],
    ['/wiki/*', '/x/wiki/.env'],
    ['/wiki/*', '/wiki/../.env'],
    ['/wiki/*', '/wiki/%252e%252e/.env'],
    ['/wiki*', '/wiki/.env'],
  ])('of %s are not such as %s', (except, path) => {
    expect(isExcepted(['/x', except], path)).toBe(false);
  });

  it('are none where none are named', () => {
    expect(isExcepted([], '/')).toBe(false);
  });
});
