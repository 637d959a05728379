import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { client, seededClient } from '../../test/client.js';
import { startSandbox } from '../index.js';

it('links to a blocklist, which anyone can download', async () => {
  await using sandbox = await startSandbox();
  const machine = seededClient(sandbox);
  await machine.login();
  sandbox.blocklists.set('otx/web scanners', {
    lines: ['198.51.100.77', '2001:db8::/32'],
    remediation: 'captcha',
    duration: '12h',
  });
  const [link] = (await machine.pull()).links.blocklists;
  const url = `${sandbox.url}/links/blocklist/otx%2Fweb%20scanners`;
  expect(link).toEqual({ name: 'otx/web scanners', url, remediation: 'captcha', scope: 'ip', duration: '12h' });

  const list = await machine.send('GET', url);
  expect(list).toMatchObject({ status: 200, text: '198.51.100.77\n2001:db8::/32\n' });
  expect(list.headers.get('content-type')).toBe('text/plain');
  expect(sandbox.calls.at(-1)).toMatchObject({ path: '/links/blocklist/otx%2Fweb%20scanners', authorization: 'none' });
  sandbox.blocklists.remove('otx/web scanners');
  expect((await machine.pull()).links.blocklists).toEqual([]);
  expect((await machine.send('GET', url)).status).toBe(404);
});

it('serves a list again only when it changed since then', async () => {
  await using sandbox = await startSandbox();
  const visitor = client(sandbox);
  sandbox.blocklists.set('tor', { text: '198.51.100.77\r\n# rubbish\n' });
  const first = await visitor.send('GET', '/links/blocklist/tor');
  expect(first.text).toBe('198.51.100.77\r\n# rubbish\n');
  const since = { 'if-modified-since': first.headers.get('last-modified') ?? '' };
  expect(await visitor.send('GET', '/links/blocklist/tor', undefined, since)).toMatchObject({ status: 304, text: '' });
  sandbox.clock.advance(1_000);
  sandbox.blocklists.set('tor', { lines: ['198.51.100.78'] });
  expect((await visitor.send('GET', '/links/blocklist/tor', undefined, since)).text).toBe('198.51.100.78\n');
  expect(
    (await visitor.send('GET', '/links/blocklist/tor', undefined, { 'if-modified-since': 'yesterday' })).status,
  ).toBe(200);
});

it('links to an allowlist of one JSON object a line, under an id that stays', async () => {
  await using sandbox = await startSandbox({ clock: { now: () => Date.UTC(2026, 0, 1) + 5 } });
  const machine = seededClient(sandbox);
  await machine.login();
  sandbox.allowlists.set('office', ['192.0.2.10', { value: '192.0.2.0/28', expiration: null }]);
  const [link] = (await machine.pull()).links.allowlists;
  expect(link).toMatchObject({
    name: 'office',
    created_at: '2026-01-01T00:00:00.000Z',
    updated_at: '2026-01-01T00:00:00.000Z',
  });
  const list = await machine.send('GET', link?.url ?? '');
  expect(list.text).toBe('{"value":"192.0.2.10"}\n{"value":"192.0.2.0/28","expiration":null}\n');
  expect(list.headers.get('content-type')).toBe('application/x-ndjson');

  sandbox.clock.advance(60_000);
  sandbox.allowlists.set('office', { entries: ['192.0.2.11'], description: 'desk' });
  const [changed] = (await machine.pull()).links.allowlists;
  expect(changed).toEqual({ ...link, description: 'desk', updated_at: '2026-01-01T00:01:00.000Z' });
});

it('can link elsewhere', async () => {
  await using sandbox = await startSandbox({ publicUrl: 'http://sandbox.test' });
  const machine = seededClient(sandbox);
  await machine.login();
  sandbox.blocklists.set('dead', { lines: [], url: 'http://127.0.0.1:9/dead' });
  sandbox.blocklists.set('tor', { lines: [] });
  const urls = (await machine.pull()).links.blocklists.map(({ url }) => url);
  expect(urls).toEqual(['http://127.0.0.1:9/dead', 'http://sandbox.test/links/blocklist/tor']);
});

it('serves a published list as decisions or behind a link, and refuses a file without any address', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'crowdsec-sandbox-'));
  const file = join(folder, 'list.txt');
  await writeFile(file, '# IPsum\n198.51.100.7\t10\nnonsense\n203.0.113.0/24 2\n');
  await using sandbox = await startSandbox();
  expect(await sandbox.loadBlocklist(file)).toEqual({ entries: 2, skipped: 1 });
  expect(sandbox.decisions.all().map(({ value, scope }) => `${scope} ${value}`)).toEqual([
    'ip 198.51.100.7',
    'Range 203.0.113.0/24',
  ]);
  await sandbox.loadBlocklist(file, { asList: 'ipsum' });
  expect((await client(sandbox).send('GET', '/links/blocklist/ipsum')).text).toBe('198.51.100.7\n203.0.113.0/24\n');

  await writeFile(file, 'nonsense\n');
  await expect(sandbox.loadBlocklist(file)).rejects.toThrow('holds no IP address');
  await expect(sandbox.loadBlocklist(join(folder, 'none'))).rejects.toThrow('ENOENT');
  await rm(folder, { recursive: true });
});
