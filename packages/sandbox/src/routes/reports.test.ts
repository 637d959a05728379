import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { seededClient, signal, type Client } from '../../test/client.js';
import { startSandbox, type Sandbox } from '../index.js';

async function loggedIn(sandbox: Sandbox): Promise<Client> {
  const machine = seededClient(sandbox);
  await machine.login();
  return machine;
}

describe('signals', () => {
  it('are accepted and can be read back, with who sent them', async () => {
    await using sandbox = await startSandbox({ clock: { now: () => 7_000 } });
    const machine = await loggedIn(sandbox);
    const body = [signal({ uuid: 'one', machine_id: 'somebody else' }), signal({ uuid: 'two' })];
    expect(await machine.call('POST', '/v3/signals', body)).toMatchObject({ status: 200, json: { message: 'OK' } });
    expect(sandbox.signals).toEqual(body.map((each) => ({ at: 7_000, machineId: machine.machineId, signal: each })));
    expect(sandbox.calls.at(-1)).toMatchObject({
      path: '/v3/signals',
      status: 200,
      signals: 2,
      machineId: machine.machineId,
      body,
    });
  });

  it('may come zipped, under any content type or none', async () => {
    await using sandbox = await startSandbox();
    const machine = await loggedIn(sandbox);
    const zipped = gzipSync(JSON.stringify([signal()]));
    expect((await machine.call('POST', '/v3/signals', zipped, { 'content-encoding': 'gzip' })).status).toBe(200);
    const untyped = await fetch(`${sandbox.url}/v3/signals`, {
      method: 'POST',
      headers: { authorization: machine.token },
      body: new TextEncoder().encode(JSON.stringify([signal()])),
    });
    expect(untyped.status).toBe(200);
    expect((await machine.call('POST', '/v3/signals', [signal()], { 'content-type': 'text/plain' })).status).toBe(200);
    expect((await machine.call('POST', '/v3/signals', 'no gzip', { 'content-encoding': 'gzip' })).status).toBe(400);
    expect(sandbox.signals).toHaveLength(3);
  });

  it('may be at most 250 in one call', async () => {
    await using sandbox = await startSandbox();
    const machine = await loggedIn(sandbox);
    const many = (count: number) => Array.from({ length: count }, () => signal());
    expect((await machine.call('POST', '/v3/signals', many(250))).status).toBe(200);
    const tooMany = await machine.call('POST', '/v3/signals', many(251));
    expect(tooMany).toMatchObject({ status: 400, json: { message: 'At most 250 signals are allowed, got 251' } });
    expect([sandbox.signals.length, sandbox.calls.at(-1)?.signals]).toEqual([250, 251]);
  });

  const decision = {
    id: 0,
    duration: '4h',
    origin: 'cscli',
    scenario: 'x',
    scope: 'ip',
    type: 'ban',
    value: '1.1.1.1',
  };

  it.each([
    ['a null context', { context: null }],
    ['a context', { context: [{ key: 'user', value: '["root"]' }] }],
    ['free text as scenario', { scenario: "manual 'captcha' from 'h4machine'" }],
    ['an empty source', { source: { scope: '', value: '' } }],
    ['a range as ip', { source: { scope: 'Range', value: '1.2.4.0/24', ip: '1.2.4.0/24' } }],
    ['decisions', { decisions: [decision, decision] }],
    ['null decisions', { decisions: null }],
    ['unknown fields', { until: 'later', extra: {} }],
  ])('are taken with %s', async (_, changes) => {
    await using sandbox = await startSandbox();
    const machine = await loggedIn(sandbox);
    expect((await machine.call('POST', '/v3/signals', [signal(changes)])).status).toBe(200);
  });

  it.each([
    ['an object', signal(), 'body must be array'],
    ['text', 'hello', 'body must be array'],
    ['nothing', undefined, 'body must be array'],
    ['an element that is no object', [signal(), 7], 'body/1 must be object'],
    ['no message', [signal({ message: undefined })], "body/0 must have required property 'message'"],
    ['a start that is no text', [signal({ start_at: 5 })], 'body/0/start_at must be string'],
    ['no source value', [signal({ source: { scope: 'Ip' } })], "body/0/source must have required property 'value'"],
    [
      'an incomplete decision',
      [signal({ decisions: [{}] })],
      "body/0/decisions/0 must have required property 'duration'",
    ],
  ])('are refused with %s', async (_, body, message) => {
    await using sandbox = await startSandbox();
    const machine = await loggedIn(sandbox);
    expect(await machine.call('POST', '/v3/signals', body)).toMatchObject({ status: 400, json: { message } });
    expect(sandbox.signals).toEqual([]);
  });

  it('fail together with a poisoned one', async () => {
    await using sandbox = await startSandbox();
    const machine = await loggedIn(sandbox);
    const rule = sandbox.rejectSignals(({ uuid }) => (uuid === 'bad' ? 'I do not like it' : undefined));
    const batch = [signal({ uuid: 'good' }), signal({ uuid: 'bad' })];
    const refused = await machine.call('POST', '/v3/signals', batch);
    expect(refused).toMatchObject({ status: 400, json: { message: 'I do not like it' } });
    expect((await machine.call('POST', '/v3/signals', batch.slice(0, 1))).status).toBe(200);
    rule[Symbol.dispose]();
    expect((await machine.call('POST', '/v3/signals', batch)).status).toBe(200);
  });

  it('are limited in rate only where that is switched on, per machine', async () => {
    await using sandbox = await startSandbox({ rateLimit: { calls: 2, withinMs: 60_000 }, clock: { now: () => 0 } });
    const [one, other] = [await loggedIn(sandbox), seededClient(sandbox, 'b'.repeat(48))];
    await other.login();
    const send = async (machine: Client) => (await machine.call('POST', '/v3/signals', [signal()])).status;
    expect(await send(one)).toBe(200);
    sandbox.clock.advance(20_000);
    expect([await send(one), await send(one), await send(other)]).toEqual([200, 429, 200]);
    expect((await one.call('POST', '/v3/signals', [signal()])).headers.get('retry-after')).toBe('40');
    sandbox.clock.advance(40_000);
    expect(await send(one)).toBe(200);
  });
});

describe('what else machines tell', () => {
  const metrics = { bouncers: [{ custom_name: 'h4bouncer' }], machines: null };

  it.each([
    ['/v3/metrics', metrics],
    ['/v3/metrics/', metrics],
    ['/v3/usage-metrics', { lapi: null, remediation_components: [] }],
    ['/v3/decisions/delete', ['22222222-0000-4000-8000-000000000000']],
    ['/v3/decisions/sync', [signal()]],
  ])('is taken at %s from who has a token', async (path, body) => {
    await using sandbox = await startSandbox();
    const machine = await loggedIn(sandbox);
    expect(await machine.call('POST', path, body)).toMatchObject({ status: 200, json: { message: 'OK' } });
    expect((await machine.send('POST', path, body)).status).toBe(401);
    expect((await machine.call('POST', path, 'rubbish')).status).toBe(400);
  });

  it('is a heartbeat without a token', async () => {
    await using sandbox = await startSandbox();
    expect((await seededClient(sandbox).send('GET', '/v3/heartbeat')).status).toBe(200);
  });
});
