import { describe, expect, it } from 'vitest';
import { fastestMs } from '../test/fastest-ms.js';
import { feed, requested } from '../test/feed.js';
import { backdoorPaths } from './backdoor-paths.js';

const scenario = (options = {}) => backdoorPaths({ vendor: 'acme', ...options });
const visit = (paths: readonly string[], options = {}) =>
  feed(
    scenario(options),
    paths.map((path) => requested(path)),
  );

describe('backdoor paths', () => {
  it('are found by two different ones', async () => {
    expect(await visit(['/c99.php', '/vendor/phpunit/phpunit/src/Util/PHP/eval-stdin.php'])).toMatchObject([
      { scenario: 'acme/backdoor-paths', signal: 'decision', eventCount: 2 },
    ]);
  });

  it('are not found by one, however often it is asked for', async () => {
    expect(await visit(Array.from({ length: 50 }, () => '/c99.php'))).toEqual([]);
  });

  it.each([
    '/wp-content/uploads/WSO.php',
    '/_ignition/execute-solution',
    '/actuator/gateway/routes/x',
    '/manager/html',
    '/cgi-bin/luci/;stok=/locale',
    '/GponForm/diag_Form',
    '/HNAP1/',
    '/remote/fgt_lang',
    '/cgi-bin/.%2e/.%2e/.%2e/bin/sh',
    '/icons/%2e%2e/%2e%2e/conf',
    '/static/..%252f..%252fapp.js',
    '/../../../../etc/passwd',
    '/etc/passwd%00',
    '/shell.php;x',
    '/shell.php/x',
    '/actuator;/env',
    '/..;/x',
    '/x/..%00/y',
    '/a/..;b=c/d',
    '/%25252e%25252e%25252fx',
    '/x%2f..%2fy',
    '..%2fx',
  ])('have %s among them', async (path) => {
    expect(await visit([path, '/r57.php'])).toHaveLength(1);
  });

  it.each([
    '/',
    '/index.php',
    '/shell',
    '/manager',
    '/managers/html5',
    '/setup',
    '/web-console/index.html',
    '/actuator/health',
    '/docs/etc/passwd-file',
    '/../images/logo.png',
    '/files/v1.%2e0/a',
    '/search/100%25',
    '/compare/release%2F1...%2Ffoo',
    '/compare/release%2F1..%2Ffoo',
    '/compare/v1.%2e/foo',
    '/search/wait..%2Fwhat',
    '/files/report..%2fx',
    '/files/report..;/x',
    '/search/..;-)',
  ])('do not have %s among them', async (path) => {
    expect(await visit([path, '/c99.php'])).toEqual([]);
  });

  it('may be added and taken out', async () => {
    expect(await visit(['/old-admin', '/c99.php'], { paths: ['/Old-Admin/'] })).toHaveLength(1);
    expect(await visit(['/r57.php', '/c99.php'], { except: ['/r57.php'] })).toEqual([]);
    expect(await visit(['/raw/r57.php', '/c99.php'], { except: ['/raw/*'] })).toEqual([]);
  });

  it.each(['.', '/', '/.', '/..;', '%2e', '%25', '/%25252e', '..%2f', '/..;a', '/shell1', '/phpunit/', ' ', '%00'])(
    'are looked for in no time in rows of %j',
    (piece) => {
      const detect = scenario().detectors![0]!.detect;
      const path = (length: number) => `/${piece.repeat(length).slice(0, length)}!`;
      for (const length of [298, 2_000]) expect(fastestMs(() => void detect(requested(path(length))))).toBeLessThan(2);
    },
  );
});
