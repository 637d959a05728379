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

  it('are found by one that is asked for five times, and not by a dead link that is tried again', async () => {
    const often = (count: number) => visit(Array.from({ length: count }, () => '/c99.php'));
    expect(await often(4)).toEqual([]);
    expect(await often(5)).toMatchObject([{ scenario: 'acme/backdoor-paths', signal: 'decision', eventCount: 5 }]);
    const daily = Array.from({ length: 100 }, (_, i) => requested('/setup.cgi', { second: i * 3_600 }));
    expect(await feed(scenario(), daily)).toEqual([]);
  });

  it.each([
    ['GET', '/static/..%2f..%2fetc/passwd'],
    ['POST', '/vendor/phpunit/phpunit/src/Util/PHP/eval-stdin.php'],
    ['GET', '/cgi-bin/.%2e/.%2e/bin/sh'],
    ['GET', '/setup.cgi'],
    ['GET', `/${'.%2e/'.repeat(600)}bin/sh`],
  ])('are found in a hundred requests for one target: %s %s', async (method, path) => {
    const requests = Array.from({ length: 100 }, (_, i) => requested(path, { method, second: i }));
    expect(await feed(scenario(), requests)).toMatchObject([{ signal: 'decision' }]);
  });

  it.each([
    '/static/..%2f..%2fapp.js',
    '/..%2fapp.js',
    '/a/b/..%2f..%2fetc/passwd',
    '/static/%2e%2e/app.js',
    '/static/.%2e/app.js',
    '/static/..%252fapp.js',
    '/static/%252e%252e/app.js',
    '/static/..;/app.js',
    '/static/..%5c..%5capp.js',
    '/static/..\\app.js',
    '/static/..%c0%afapp.js',
    '/static/%c0%ae%c0%ae/app.js',
    '/static/%u002e%u002e/app.js',
    '/static/..%00/app.js',
    '/static/....//app.js',
    '/../../../../etc/passwd',
    '/etc/passwd%00',
    '/etc/passwd%2500.jpg',
  ])('are found at once in %s, which nobody sends by accident', async (path) => {
    expect(await visit([path])).toMatchObject([{ signal: 'decision', decision: { type: 'ban' }, eventCount: 1 }]);
    expect(await visit([path], { exploits: { capacity: 1 } })).toEqual([]);
    expect(await visit([path], { except: ['/*'] })).toEqual([]);
  });

  it.each([
    '/c99.php',
    '/../images/logo.png',
    '/a/../b/../index.html',
    '/edit/a%2F..%2Fb',
    '/files/..%2Freport.pdf',
    '/docs/..%5Cimages%5Clogo.png',
    '/image/https%3A%2F%2Fcdn.example%2Fa%2F..%2Flogo.png',
    '/search/..;-)',
    '/vendor/phpunit/phpunit/src/Util/PHP/eval-stdin.php',
    '/wiki/%EF%BC%8E%EF%BC%8E%EF%BC%8E',
  ])('are not found at once in %s', async (path) => {
    expect(await visit([path])).toEqual([]);
  });

  it('are not what an application in a browser and its users do', async () => {
    const files = Array.from({ length: 100 }, (_, i) =>
      requested(`/api/image/${encodeURIComponent(`https://cdn.example/a/../${i}.png`)}`),
    );
    const branches = Array.from({ length: 100 }, (_, i) => requested(`/compare/release%2F${i}...release%2F${i + 1}`));
    const spa = Array.from({ length: 100 }, (_, i) => requested(`/shell/manager/${i}`, { method: 'POST' }));
    expect(await feed(scenario(), [...files, ...branches, ...spa])).toEqual([]);
  });

  it('are not relative links that somebody encoded whole, unless they go on', async () => {
    const links = (count: number) =>
      Array.from({ length: count }, (_, i) => requested(`/docs/guide/..%5Cimages%5C${i}.png`));
    expect(await feed(scenario(), links(40))).toEqual([]);
    expect(await feed(scenario(), links(41))).toMatchObject([{ signal: 'decision', eventCount: 41 }]);
    expect(await feed(scenario({ links: { capacity: 0 } }), links(1))).toHaveLength(1);
    const one = Array.from({ length: 100 }, () => requested('/static/..%2fsettings.py'));
    expect(await feed(scenario(), one)).toMatchObject([{ signal: 'decision' }]);
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
    `/${'a/'.repeat(1_000)}c99.php`,
    `/${'./'.repeat(5_000)}c99.php`,
    `/boaform/${'a'.repeat(5_000)}`,
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
