import { once } from 'node:events';
import { Agent, get } from 'node:http';
import { connect } from 'node:net';
import { expect, it } from 'vitest';
import { client, PASSWORD } from '../test/client.js';
import { startSandbox } from './index.js';

it('stops while clients keep their connections alive, as often as it is told to', async () => {
  const sandbox = await startSandbox();
  const agent = new Agent({ keepAlive: true });
  const [response] = (await once(get(`${sandbox.url}/v3/heartbeat`, { agent }), 'response')) as [NodeJS.ReadableStream];
  await once(response.resume(), 'end');
  await sandbox.stop();
  await sandbox.stop();
  await expect(fetch(sandbox.url)).rejects.toThrow();
  agent.destroy();
});

it('stops in the middle of a request', async () => {
  const sandbox = await startSandbox();
  const socket = connect(Number(new URL(sandbox.url).port), '127.0.0.1');
  socket.write('POST /v3/watchers HTTP/1.1\r\nHost: sandbox\r\nContent-Length: 100\r\n\r\n{');
  await expect.poll(() => sandbox.calls.length).toBe(1);
  const closed = once(
    socket.resume().on('error', () => undefined),
    'close',
  );
  await sandbox.stop();
  await closed;
});

it('does many things at once', async () => {
  await using sandbox = await startSandbox();
  const ids = Array.from({ length: 20 }, (_, index) => String(index).padStart(48, 'm'));
  const statuses = await Promise.all(
    ids.map(async (machineId) => {
      const machine = client(sandbox, machineId);
      await machine.send('POST', '/v3/watchers', { machine_id: machineId, password: PASSWORD });
      return (await machine.login()).status;
    }),
  );
  expect(new Set(statuses)).toEqual(new Set([200]));
  expect(sandbox.machines.map(({ logins }) => logins)).toEqual(ids.map(() => 1));
});

it('serves a community list of 120,000 entries, the same each time', async () => {
  await using sandbox = await startSandbox();
  const machine = client(sandbox);
  await machine.send('POST', '/v3/watchers', { machine_id: machine.machineId, password: PASSWORD });
  await machine.login();
  sandbox.decisions.set(
    Array.from({ length: 120_000 }, (_, index) => ({
      value: `10.${index >> 16}.${(index >> 8) & 255}.${index & 255}`,
    })),
  );
  const first = await machine.call('GET', '/v3/decisions/stream?startup=true');
  const second = await machine.call('GET', '/v3/decisions/stream?startup=true');
  expect(second.text.length).toBeGreaterThan(5_000_000);
  expect(second.text === first.text).toBe(true);
});

it.each([{ tokenLifeMs: 0 }, { tokenLifeMs: NaN }, { maxCalls: -1 }])(
  'refuses options out of range: %o',
  async (options) => {
    await expect(startSandbox(options)).rejects.toThrow(RangeError);
  },
);
