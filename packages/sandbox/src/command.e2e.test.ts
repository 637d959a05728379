import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { client, PASSWORD, valuesOf } from '../test/client.js';

const CLI = fileURLToPath(new URL('../bin/crowdsec-sandbox.js', import.meta.url));

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'crowdsec-sandbox-'));
  await writeFile(join(folder, 'list.txt'), '# list\n198.51.100.7\t3\nrubbish\n2001:db8::/32\n');
  await writeFile(join(folder, 'rubbish.txt'), 'rubbish\n');
});
afterAll(() => rm(folder, { recursive: true }));

/** A run of the command: what it printed, and how it ended. */
function run(args: readonly string[]) {
  const child = spawn(process.execPath, [CLI, ...args], { cwd: folder, stdio: ['ignore', 'pipe', 'pipe'] });
  const printed = { out: '', err: '' };
  child.stdout.on('data', (chunk: Buffer) => (printed.out += chunk.toString()));
  child.stderr.on('data', (chunk: Buffer) => (printed.err += chunk.toString()));
  const ended = once(child, 'close').then(([code]) => ({ code: code as number | null, ...printed }));
  const url = async (): Promise<string> => {
    await expect.poll(() => printed.out, { timeout: 20_000 }).toMatch(/listens on http/);
    return /listens on (\S+)/.exec(printed.out)?.[1] ?? '';
  };
  return { child, ended, url, printed };
}

it.each([
  ['--bogus', "unknown option '--bogus'"],
  ['--port 65536', 'port from 0 to 65535'],
  ['--token-life 5', 'Give a time as'],
  ['--answers some', 'Allowed choices are delta, full'],
  ['--as-list ipsum', '--as-list needs --blocklist'],
  ['--port 0 --blocklist none.txt', 'none.txt'],
  ['--port 0 --blocklist rubbish.txt', 'holds no IP address'],
  ['--port 0 --state-dir list.txt', 'list.txt'],
  ['stray', 'too many arguments'],
])('refuses `%s` with one line and status 1', async (args, reason) => {
  const { code, out, err } = await run(args.split(' ')).ended;
  expect({ code, out }).toEqual({ code: 1, out: '' });
  expect(err).toContain(reason);
  expect(err).toMatch(/^error: [^\n]+\n$/);
});

it('refuses a port that is taken', async () => {
  const taken = createServer();
  await once(taken.listen(0, '127.0.0.1'), 'listening');
  const { code, err } = await run(['--port', String((taken.address() as AddressInfo).port)]).ended;
  expect([code, err]).toEqual([1, expect.stringMatching(/^error: [^\n]*already in use[^\n]*\n$/)]);
  taken.close();
});

it('serves a list, keeps its state, and stops cleanly on a signal', async () => {
  const args = ['--port', '0', '--blocklist', 'list.txt', '--state-dir', 'state', '--existing-status', '409'];
  const first = run(args);
  const machine = client({ url: await first.url() });
  const register = { machine_id: machine.machineId, password: PASSWORD };
  await machine.send('POST', '/v3/watchers', register);
  await machine.login();
  expect(valuesOf(await machine.pull())).toEqual(['198.51.100.7', '2001:db8::/32']);
  expect(first.printed.out).toMatch(
    /^2 entries of list.txt are served as community decisions; 1 lines hold no address\n/,
  );
  first.child.kill('SIGTERM');
  expect((await first.ended).code).toBe(0);

  const second = run(args);
  const again = client({ url: await second.url() });
  expect((await again.send('POST', '/v3/watchers', register)).status).toBe(409);
  const pulled = await again.send('GET', '/v3/decisions/stream', undefined, { authorization: machine.token });
  expect(pulled).toMatchObject({ status: 200, json: { new: [], deleted: [] } });
  second.child.kill('SIGINT');
  expect((await second.ended).code).toBe(0);
});

it('serves a list behind a link, and takes the keys and statuses that it is given', async () => {
  const options =
    '--port 0 --blocklist list.txt --as-list ipsum --enrollment-key one two --login-status 401 --token-life 90s';
  const { child, ended, url } = run(options.split(' '));
  const machine = client({ url: await url() });
  expect((await machine.login()).status).toBe(401);
  await machine.send('POST', '/v3/watchers', { machine_id: machine.machineId, password: PASSWORD });
  await machine.login();
  expect((await machine.call('POST', '/v3/watchers/enroll', { attachment_key: 'two' })).status).toBe(201);
  const [link] = (await machine.pull()).links.blocklists;
  expect((await machine.send('GET', link?.url ?? '')).text).toBe('198.51.100.7\n2001:db8::/32\n');
  child.kill('SIGTERM');
  expect((await ended).code).toBe(0);
});

it('prints a line for each call that it receives', async () => {
  const { child, ended, url, printed } = run(['--port', '0', '--lapi', '0']);
  const machine = client({ url: await url() }, 'm'.repeat(48));
  await machine.send('POST', '/v3/watchers', { machine_id: machine.machineId, password: PASSWORD });
  await machine.login();
  await machine.pull('?startup=true');
  await machine.send('GET', '/v3/nothing%0Ahere');
  await machine.send('POST', '/v3/watchers/login', 'no JSON', { 'content-type': 'application/json' });
  await expect.poll(() => printed.out).toContain('its local API listens on');
  const lapi = /local API listens on ([^,\s]+)/.exec(printed.out)?.[1] ?? '';
  await fetch(new URL('/v1/decisions/stream', lapi));
  child.kill('SIGTERM');
  const { out } = await ended;
  const lines = out.split('\n').filter((line) => /^\d\d:\d\d:\d\d\.\d{3} /.test(line));
  expect(lines.map((line) => line.slice(13))).toEqual([
    `POST /v3/watchers 200 machine ${machine.machineId}`,
    `POST /v3/watchers/login 200 machine ${machine.machineId}`,
    `GET /v3/decisions/stream?startup=true 200 machine ${machine.machineId}`,
    'GET /v3/nothing%0Ahere 404',
    'POST /v3/watchers/login 400',
    'GET /v1/decisions/stream 403',
  ]);
});

it('prints no calls when it is to be quiet', async () => {
  const { child, ended, url } = run(['--port', '0', '--quiet']);
  await client({ url: await url() }).send('GET', '/v3/nothing');
  child.kill('SIGTERM');
  expect((await ended).out).toMatch(/^crowdsec-sandbox listens on \S+\n$/);
});

it('tells its version', async () => {
  const manifest = JSON.parse(await readFile(new URL('../package.json', import.meta.url), 'utf8')) as {
    version: string;
  };
  expect(await run(['--version']).ended).toEqual({ code: 0, out: `${manifest.version}\n`, err: '' });
});
