import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { pathTraversal } from './path-traversal.js';
import { plainPath } from './plain-path.js';
import { shortPath } from './short-path.js';
import { propertyRuns } from '../../test/property-runs.js';

describe('a short path', () => {
  it('is the path itself where that is short enough', () => {
    for (const path of ['', '/A//b/%2e', `/${'a'.repeat(1_999)}`]) expect(shortPath(path)).toBe(path);
  });

  it.each([
    ['/./'.repeat(1_001) + '.env', '/.env'],
    ['/' + '%2e/'.repeat(1_001) + '.env', '/.env'],
    ['/' + '%2f.'.repeat(1_001) + '%2f.env', '/.env'],
    ['\\.'.repeat(1_001) + '\\.env', '/.env'],
    ['/a/..'.repeat(1_001) + '/.git/config', '/.git/config'],
    ['/' + '%20'.repeat(1_001) + '.env', '/.env'],
    ['/x;' + 'y'.repeat(3_000) + '/.env', '/x/.env'],
    ['/.env' + '/'.repeat(3_000), '/.env'],
    ['/.env%00' + 'x'.repeat(3_000), '/.env'],
    ['/..'.repeat(1_001) + '/etc/passwd', '/etc/passwd'],
    ['/' + '%2e%2e/'.repeat(1_001) + 'bin/sh', '/%2e%2e/bin/sh'],
    ['/static/' + '..%2f'.repeat(1_001) + 'bin/sh', '/%2e%2e/bin/sh'],
    ['/' + 'a'.repeat(255) + '/..;/'.repeat(1_001) + 'x', '/%2e%2e/x'],
  ])('of %.30s… is %s', (path, short) => {
    expect(shortPath(path)).toBe(short);
  });

  it('has both ends of one that stays long, however long', () => {
    for (const length of [2_500, 20_000, 1_000_000]) {
      for (const piece of ['a', 'ab/', '/./b']) {
        const short = shortPath(`/first/${piece.repeat(length / piece.length)}/last/.env`);
        expect(short.length).toBeLessThanOrEqual(2_000);
        expect(short).toMatch(/^\/first\/.*last\/\.env$/);
        if (length > 20_000 || piece === 'a') expect(short).toContain('/…/');
      }
    }
  });

  it('means what the path means', () => {
    const piece = fc.constantFrom('/', '.', '..', '%2e', '%2f', '..;/', '/../', 'a', '.env', '%252f', '%00', '\\', ' ');
    const path = fc.array(piece, { minLength: 800, maxLength: 1_500 }).map((pieces) => `/${pieces.join('')}`);
    fc.assert(
      fc.property(path, (long) => {
        const short = shortPath(long);
        expect(short.length).toBeLessThanOrEqual(2_000);
        if (short.includes('…') || long.length <= 2_000) return;
        expect(plainPath(short)).toBe(plainPath(long));
        expect(pathTraversal(short) === 'out').toBe(pathTraversal(long) === 'out');
      }),
      { numRuns: propertyRuns(60) },
    );
  });
});
