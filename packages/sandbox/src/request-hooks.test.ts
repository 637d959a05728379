import { describe, expect, it } from 'vitest';
import { client, PASSWORD, seededClient } from '../test/client.js';
import { startSandbox, type Call } from './index.js';

describe('paths', () => {
  it.each([
    ['GET', '/'],
    ['POST', '//v3/watchers'],
    ['POST', '/v3//watchers'],
    ['POST', '/v3/watchers/'],
    ['GET', '/v3/decisions/stream/'],
    ['GET', '/v3/signals'],
    ['HEAD', '/v3/decisions/stream'],
    ['GET', '/v3/%zz'],
    ['GET', '/links/blocklist/unknown'],
  ])('that lead nowhere are answered 404 (%s %s)', async (method, path) => {
    await using sandbox = await startSandbox();
    const response = await fetch(sandbox.url + path, { method });
    expect([response.status, response.headers.get('content-type')]).toEqual([404, 'application/json']);
    expect(await response.text()).toBe(method === 'HEAD' ? '' : '{"message":"Not Found"}');
  });

  it.each([
    ['GET', '/v2/decisions/stream?startup=true', '/v3, not /v2'],
    ['POST', '/v2/watchers/login', '/v3, not /v2'],
    ['GET', '/v1', '/v3, not /v1'],
    ['POST', '/v3/v3/watchers/login', 'twice'],
  ])('of another version are answered 404 with a hint (%s %s)', async (method, path, hint) => {
    await using sandbox = await startSandbox();
    const response = await fetch(sandbox.url + path, { method });
    expect([response.status, response.headers.get('content-type')]).toEqual([404, 'application/json']);
    expect(await response.json()).toEqual({ message: expect.stringContaining(hint) as string });
  });

  it('are answered with the date of its own clock, unless a fault gives another', async () => {
    await using sandbox = await startSandbox();
    sandbox.clock.set(Date.UTC(2030, 0, 1));
    expect((await fetch(sandbox.url)).headers.get('date')).toBe('Tue, 01 Jan 2030 00:00:00 GMT');
    sandbox.faults.add({ path: '/', status: 503, headers: { date: 'Wed, 02 Jan 2030 00:00:00 GMT' } });
    expect((await fetch(sandbox.url)).headers.get('date')).toBe('Wed, 02 Jan 2030 00:00:00 GMT');
  });

  it('may claim JSON on a request without a body', async () => {
    await using sandbox = await startSandbox();
    const machine = seededClient(sandbox);
    await machine.login();
    const answer = await machine.call('GET', '/v3/decisions/stream', undefined, { 'content-type': 'application/json' });
    expect(answer.status).toBe(200);
  });

  it('take bodies of 10 MiB at most', async () => {
    await using sandbox = await startSandbox();
    const huge = JSON.stringify({ machine_id: 'a', password: 'x'.repeat(10 * 1024 * 1024) });
    expect(await client(sandbox).send('POST', '/v3/watchers', huge)).toMatchObject({ status: 413, json: {} });
  });
});

describe('too many logins from one address', () => {
  it('mean an hour of 403 on everything, by the clock of the sandbox', async () => {
    let now = 0;
    await using sandbox = await startSandbox({ clock: { now: () => now } });
    const machine = seededClient(sandbox);
    sandbox.blocklists.set('tor', { lines: [] });
    for (let login = 1; login <= 20; login += 1) {
      expect((await machine.login()).status).toBe(200);
      now += 60_000;
    }
    expect(await machine.login()).toMatchObject({ status: 403, json: { message: 'Forbidden' } });
    const everything = async () => [
      (await machine.call('GET', '/v3/decisions/stream')).status,
      (await machine.send('GET', '/links/blocklist/tor')).status,
      (await machine.send('GET', '/nowhere')).status,
    ];
    expect(await everything()).toEqual([403, 403, 403]);
    now += 3_599_999;
    expect(await everything()).toEqual([403, 403, 403]);
    now += 1;
    expect((await machine.login()).status).toBe(200);
    expect(await everything()).toEqual([200, 200, 404]);
  });

  it('count when refused, and are forgotten after 50 minutes', async () => {
    let now = 0;
    await using sandbox = await startSandbox({ clock: { now: () => now } });
    const machine = seededClient(sandbox);
    const wrong = () =>
      machine.send('POST', '/v3/watchers/login', { machine_id: machine.machineId, password: 'wrong' });
    for (let login = 1; login <= 20; login += 1) await wrong();
    now += 50 * 60_000;
    expect((await machine.login()).status).toBe(200);
    for (let login = 1; login <= 20; login += 1) await wrong();
    expect((await machine.login()).status).toBe(403);
  });

  it('do not matter where that is switched off', async () => {
    await using sandbox = await startSandbox({ loginBurst: false });
    const machine = seededClient(sandbox);
    for (let login = 1; login <= 21; login += 1) expect((await machine.login()).status).toBe(200);
  });
});

describe('calls', () => {
  it('can be read back, in order, as they were received', async () => {
    await using sandbox = await startSandbox({ clock: { now: () => 42 } });
    const body = { machine_id: 'a'.repeat(48), password: PASSWORD };
    const machine = client(sandbox);
    await machine.send('POST', '/v3/watchers', body, { 'user-agent': 'csnodecapi_AcmeShop/v1.2.3' });
    await machine.send('GET', '/v3/decisions/stream?');
    await machine.send('GET', '/v3/decisions/stream?startup=true&additional_pull=false', undefined, {
      authorization: 'nonsense',
    });
    const common = { at: 42, cut: undefined, signals: undefined, headers: expect.any(Object) as object };
    expect(sandbox.calls).toMatchObject([
      {
        ...common,
        method: 'POST',
        path: '/v3/watchers',
        userAgent: 'csnodecapi_AcmeShop/v1.2.3',
        authorization: 'none',
        body,
        status: 200,
      },
      { ...common, method: 'GET', path: '/v3/decisions/stream', query: {}, body: undefined, status: 401 },
      {
        ...common,
        query: { startup: 'true', additional_pull: 'false' },
        authorization: 'raw',
        machineId: undefined,
        status: 401,
      },
    ]);
  });

  it('hold the text of what is not JSON', async () => {
    await using sandbox = await startSandbox();
    await client(sandbox).send('POST', '/v3/watchers', '{"machine_id":');
    expect(sandbox.calls).toMatchObject([{ body: '{"machine_id":', status: 400 }]);
  });

  it('are told to listeners with their answer, and forgotten past the limit', async () => {
    await using sandbox = await startSandbox({ maxCalls: 2 });
    const seen: Call[] = [];
    const handle = sandbox.onCall((call) => seen.push(call));
    for (const path of ['/one', '/two', '/three']) await client(sandbox).send('GET', path);
    expect(seen.map(({ path, status }) => `${path} ${String(status)}`)).toEqual(['/one 404', '/two 404', '/three 404']);
    expect(sandbox.calls.map(({ path }) => path)).toEqual(['/two', '/three']);
    handle[Symbol.dispose]();
    await client(sandbox).send('GET', '/four');
    expect(seen).toHaveLength(3);
  });
});
