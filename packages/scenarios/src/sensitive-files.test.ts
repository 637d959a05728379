import { describe, expect, it } from 'vitest';
import { fastestMs } from '../test/fastest-ms.js';
import { feed, requested } from '../test/feed.js';
import { sensitiveFiles } from './sensitive-files.js';

const scenario = (options = {}) => sensitiveFiles({ vendor: 'acme', ...options });
const probe = (path: string, options = {}) => feed(scenario(options), [requested(path)]);

describe('sensitive files', () => {
  it('are told and banned by one probe, which is refused itself', async () => {
    expect(await probe('/.env')).toEqual([
      {
        scenario: 'acme/sensitive-files',
        signal: 'decision',
        decision: { type: 'ban', duration: '4h' },
        eventCount: 1,
        startAt: Date.UTC(2026, 0, 1),
        context: { target_uri: '/.env', user_agent: 'Mozilla/5.0' },
      },
    ]);
    expect(scenario().detectors?.[0]).toMatchObject({ blocking: true, on: ['request'] });
    expect(scenario({ blocking: false }).detectors?.[0]).not.toHaveProperty('blocking');
  });

  it.each([
    '/.env.production',
    '/api/.env~',
    '/.git/config',
    '/.git/',
    '/app/.svn/entries',
    '/.aws/credentials',
    '/.ssh/id_rsa',
    '/id_ed25519',
    '/.htpasswd',
    '/wp-config.php.bak',
    '/config.json.old',
    '/backup.sql',
    '/old/site-backup-2024.sql.gz',
    '/dump.sql.zip',
    '/customers.sql',
    '/backup.zip',
    '/backups/www.example.com.tar.gz',
    '/docker-compose.prod.yml',
    '/web.config',
    '/.npmrc',
    '/shop/.env.local',
    '/.index.php.swp',
    '/blog/.wp-config.php.swo',
    '/app.config.json.bak',
    '/wp-config.bak',
    '/wp-config.php.txt',
  ])('have %s among them', async (path) => {
    expect(await probe(path)).toHaveLength(1);
  });

  it.each([
    '/.ENV',
    '/%2eenv',
    '/%2Ee%6Ev',
    '/%252eenv',
    '//.env',
    '/./.env',
    '/static/../.env',
    '/x%2f.env',
    '\\.env',
    '/.env/',
    '/.env%20',
    '/.env.',
    '/.env;.js',
    '/.env%00.jpg',
    '/.env%23',
    '/.env%3fx',
    '/%25252eenv',
    '/.git;/config',
    '/.git%00/config',
    '/%c0%aeenv',
    '/%e0%80%aeenv',
    '/%u002eenv',
    '/%uff0eenv',
    '/\xc0\xaeenv',
    `/${'./'.repeat(1_001)}.env`,
    `/${'a/'.repeat(5_000)}.env`,
    `/${'a/../'.repeat(1_001)}.env`,
    `/.git/${'a/'.repeat(5_000)}config`,
  ])('are found as %s', async (path) => {
    expect(await probe(path)).toHaveLength(1);
  });

  it.each([
    '/',
    '/env',
    '/environment',
    '/.environment',
    '/docs/.env-files-explained',
    '/blog/dot.env.html',
    '/team.git/info/refs',
    '/.github/workflows',
    '/.well-known/security.txt',
    '/.well-known/.env',
    '/%2ewell-known/.git/config',
    '/appsettings.json',
    '/package.json',
    '/downloads/project-1.0.zip',
    '/downloads/tutorial.sql',
    '/guides/backup',
    '/backup.html',
    '/www/index.html',
    '/%',
    '/%zz.env%',
    '/.env.example',
    '/.env.production.sample',
    '/.env-dist',
    '/.env.template~',
    '/user/repo/src/branch/main/.env.example',
    '/user/repo/src/branch/main/.npmrc',
    '/user/repo/raw/main/web.config',
    '/docs/x/docker-compose.yaml',
    '/releases/latest/download/docker-compose.yml',
    '/wiki/.htaccess',
    '/wiki/Web.config',
    '/tag/.htaccess',
    '/questions/tagged/web.config',
    '/attachments/1234/web.config',
    '/rails/active_storage/x/backup.sql',
    `/${'a/'.repeat(1_000)}web.config`,
    `/${'a'.repeat(5_000)}.env.html`,
  ])('do not have %s among them', async (path) => {
    expect(await probe(path)).toEqual([]);
  });

  it('are those of yours that you name, none of them', async () => {
    expect(await probe('/Schema.sql', { except: ['/schema.sql'] })).toEqual([]);
    expect(await probe('/Wiki/.git/config', { except: ['/wiki/*'] })).toEqual([]);
    expect(await probe('/wiki/..%2f.git/config', { except: ['/wiki/*'] })).toHaveLength(1);
  });

  it('hide below /.well-known/ only if they are there', async () => {
    expect(await probe('/.well-known/../.env')).toHaveLength(1);
  });

  it.each([
    '.',
    '-',
    '/',
    '/.',
    '.env',
    '/.env',
    '/.env.a',
    'a.php',
    'backup-',
    '/bak.',
    'www.',
    '%2e',
    ' ',
    ';',
    '%25',
  ])('are looked for in no time in rows of %j', (piece) => {
    const detect = scenario().detectors![0]!.detect;
    const path = (length: number) => `/${piece.repeat(length).slice(0, length)}!`;
    for (const length of [298, 2_000]) expect(fastestMs(() => void detect(requested(path(length))))).toBeLessThan(2);
  });

  it('are found again when the ban was lifted', async () => {
    const [probed, refused] = [requested('/.env'), requested('/.env', { action: 'block' })];
    const outcomes = await feed(scenario(), [probed, refused, probed]);
    expect(outcomes).toHaveLength(2);
  });

  it('are found late where a page elsewhere may cause a probe', async () => {
    const lenient = scenario({ capacity: 1 });
    expect(await feed(lenient, [requested('/.env'), requested('/.env')])).toEqual([]);
    expect(await feed(lenient, [requested('/.git/config')])).toHaveLength(1);
  });
});
