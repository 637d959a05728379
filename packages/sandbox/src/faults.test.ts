import { describe, expect, it } from 'vitest';
import { seededClient, signal, type Client } from '../test/client.js';
import { startSandbox, type Sandbox } from './index.js';

async function loggedIn(sandbox: Sandbox): Promise<Client> {
  const machine = seededClient(sandbox);
  await machine.login();
  return machine;
}

describe('a fault', () => {
  it('answers instead of the real thing, as often as it was asked to', async () => {
    await using sandbox = await startSandbox();
    const machine = await loggedIn(sandbox);
    sandbox.faults.add({ method: 'post', path: '/v3/signals', status: 429, headers: { 'Retry-After': '7' }, times: 2 });
    const first = await machine.call('POST', '/v3/signals', [signal()]);
    expect(first).toMatchObject({ status: 429, json: { message: 'Too Many Requests' } });
    expect(first.headers.get('retry-after')).toBe('7');
    expect((await machine.call('GET', '/v3/decisions/stream')).status).toBe(200);
    expect((await machine.call('POST', '/v3/signals', [signal()])).status).toBe(429);
    expect(sandbox.signals).toEqual([]);
    expect((await machine.call('POST', '/v3/signals', [signal()])).status).toBe(200);
    expect(sandbox.calls.filter(({ path }) => path === '/v3/signals').map(({ status }) => status)).toEqual([
      429, 429, 200,
    ]);
  });

  it('can answer any body, of any type', async () => {
    await using sandbox = await startSandbox();
    const machine = await loggedIn(sandbox);
    const pull = () => machine.call('GET', '/v3/decisions/stream');
    sandbox.faults.add({
      path: /stream$/,
      status: 502,
      body: '<h1>nope</h1>',
      headers: { 'content-type': 'text/html' },
    });
    const html = await pull();
    expect([html.status, html.text, html.headers.get('content-type')]).toEqual([502, '<h1>nope</h1>', 'text/html']);
    sandbox.faults.add({ body: { new: null } });
    expect(await pull()).toMatchObject({ status: 200, text: '{"new":null}' });
    sandbox.faults.add({ status: 204 });
    expect(await pull()).toMatchObject({ status: 204, text: '' });
    sandbox.faults.add({ status: 302, headers: { location: 'http://elsewhere.test/' } });
    expect((await pull()).headers.get('location')).toBe('http://elsewhere.test/');
  });

  it('can cut the connection before the work is done', async () => {
    await using sandbox = await startSandbox();
    const machine = await loggedIn(sandbox);
    sandbox.faults.add({ path: '/v3/signals', cut: true });
    await expect(machine.call('POST', '/v3/signals', [signal()])).rejects.toThrow();
    expect(sandbox.signals).toEqual([]);
    expect(sandbox.calls.at(-1)).toMatchObject({ path: '/v3/signals', cut: 'before', status: undefined, signals: 1 });
  });

  it('can cut it afterwards, so that only the answer is lost', async () => {
    await using sandbox = await startSandbox();
    const machine = await loggedIn(sandbox);
    sandbox.faults.add({ path: '/v3/signals', cut: 'after' });
    await expect(machine.call('POST', '/v3/signals', [signal()])).rejects.toThrow();
    expect(sandbox.signals).toHaveLength(1);
    expect(sandbox.calls.at(-1)).toMatchObject({ path: '/v3/signals', cut: 'after', status: 200, signals: 1 });
  });

  it('can spoil the JSON of a call that worked', async () => {
    await using sandbox = await startSandbox();
    const machine = await loggedIn(sandbox);
    sandbox.faults.add({ path: '/v3/signals', malformed: true });
    const spoiled = await machine.call('POST', '/v3/signals', [signal()]);
    expect([spoiled.status, spoiled.text, spoiled.json]).toEqual([200, '{"messag', undefined]);
    expect(sandbox.signals).toHaveLength(1);
  });

  it('can delay an answer, by timers that a test moves', async () => {
    const due: (() => void)[] = [];
    const scheduler = {
      schedule: (_name: string, delayMs: number, run: () => void) => {
        expect(delayMs).toBe(5_000);
        due.push(run);
        return { [Symbol.dispose]: () => undefined };
      },
    };
    await using sandbox = await startSandbox({ scheduler });
    const machine = await loggedIn(sandbox);
    sandbox.faults.add({ path: '/v3/signals', delayMs: 5_000 });
    const answer = machine.call('POST', '/v3/signals', [signal()]);
    await expect.poll(() => due.length).toBe(1);
    expect(sandbox.signals).toEqual([]);
    due[0]?.();
    expect((await answer).status).toBe(200);
    expect(sandbox.signals).toHaveLength(1);
  });

  it('does not keep the sandbox from stopping', async () => {
    const sandbox = await startSandbox();
    const machine = await loggedIn(sandbox);
    sandbox.faults.add({ path: '/v3/signals', delayMs: 3_600_000 });
    const answer = machine.call('POST', '/v3/signals', [signal()]);
    const failed = expect(answer).rejects.toThrow();
    await expect.poll(() => sandbox.calls.length).toBe(2);
    await sandbox.stop();
    await failed;
    expect(sandbox.signals).toEqual([]);
  });

  it('comes with the probability that it was given', async () => {
    const rolls = [0.3, 0.29, 0.9];
    await using sandbox = await startSandbox({ random: () => rolls.shift() ?? 1 });
    const machine = seededClient(sandbox);
    sandbox.faults.add({ path: '/v3/heartbeat', status: 500, probability: 0.3, times: Infinity });
    const statuses = [];
    for (let call = 0; call < 3; call += 1) statuses.push((await machine.send('GET', '/v3/heartbeat')).status);
    expect(statuses).toEqual([200, 500, 200]);
  });

  it('ends with its handle, or with all others', async () => {
    await using sandbox = await startSandbox();
    const machine = seededClient(sandbox);
    const beat = async () => (await machine.send('GET', '/v3/heartbeat')).status;
    const handle = sandbox.faults.add({ status: 500, times: Infinity });
    sandbox.faults.add({ status: 503, times: Infinity });
    expect(await beat()).toBe(500);
    handle[Symbol.dispose]();
    expect(await beat()).toBe(503);
    sandbox.faults.clear();
    expect(await beat()).toBe(200);
  });
});
