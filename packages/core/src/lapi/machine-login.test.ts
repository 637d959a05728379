import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { startSandbox, type Sandbox, type SandboxLapi } from '@crowdsec-sdk/sandbox';
import { endpointFetch } from '../http/dispatcher.js';
import { parseEndpoint } from '../http/endpoint.js';
import type { Logger } from '../logger.js';
import { redact } from '../redaction/redaction.js';
import { Secret } from '../secret.js';
import { manualTime } from '../testing/manual-time.js';
import { MachineClient } from './machine-client.js';
import { MachineLogin } from './machine-login.js';
import { LapiTransport } from './transport.js';
import { lapiUserAgent } from './user-agent.js';

const PASSWORD = 'Tr0ub4dor-of-the-shop';
const heartbeat = { method: 'GET', path: '/v1/heartbeat', timeoutMs: 5_000 } as const;

let sandbox: Sandbox;
let lapi: SandboxLapi;
let close: () => Promise<void>;
let log: { level: string; message: string }[];
const time = manualTime();

beforeEach(async () => {
  sandbox = await startSandbox({ lapi: true, clock: time.clock });
  lapi = sandbox.lapi!;
  log = [];
});
afterEach(async () => {
  await close();
  await sandbox.stop();
});

function machine(password = PASSWORD): { client: MachineClient; login: MachineLogin } {
  const endpoint = parseEndpoint(lapi.url, 'options.lapi.url', 'v1');
  const connection = endpointFetch(endpoint);
  close = connection.close;
  const transport = new LapiTransport({ endpoint, userAgent: lapiUserAgent(), fetch: connection.fetch });
  const write =
    (level: string) =>
    (message: string): void =>
      void log.push({ level, message });
  const logger: Logger = { debug: write('debug'), info: write('info'), warn: write('warn'), error: write('error') };
  const login = new MachineLogin({
    transport,
    machine: { machineId: 'shop', password: new Secret(password) },
    scenarios: ['acme/login-bruteforce'],
    clock: time.clock,
    logger,
  });
  return { client: new MachineClient({ transport, login }), login };
}

function calls(path: string): readonly number[] {
  return lapi.calls.filter((call) => call.path === path).map(({ status }) => status ?? 0);
}
const logins = (): readonly number[] => calls('/v1/watchers/login');

describe('a machine of a local API', () => {
  it('logs in when it must and not before, once for all who wait, and tells its scenarios', async () => {
    lapi.addMachine({ machineId: 'shop', password: PASSWORD });
    const { client } = machine();
    expect(logins()).toEqual([]);

    await Promise.all(Array.from({ length: 10 }, () => client.send(heartbeat)));

    expect(logins()).toEqual([200]);
    expect(lapi.machines).toMatchObject([{ logins: 1, scenarios: ['acme/login-bruteforce'] }]);
  });

  it('after a restart of LAPI ten calls in flight share one login, and each leaves once more', async () => {
    lapi.addMachine({ machineId: 'shop', password: PASSWORD });
    const { client } = machine();
    await client.prepare();
    lapi.restart();

    const answers = await Promise.all(Array.from({ length: 10 }, () => client.send(heartbeat)));

    expect(answers.map(({ status }) => status)).toEqual(Array.from({ length: 10 }, () => 200));
    expect(logins()).toEqual([200, 200]);
    expect(calls('/v1/heartbeat')).toHaveLength(20);
  });

  it('does not go on for ever when each call is refused, however fresh its token is', async () => {
    lapi.addMachine({ machineId: 'shop', password: PASSWORD });
    const { client } = machine();
    lapi.faults.add({ path: '/v1/heartbeat', status: 401, body: { code: 401, message: 'no' }, times: Infinity });

    await expect(client.send(heartbeat)).rejects.toMatchObject({ code: 'CROWDSEC_API_STATUS', status: 401 });

    expect(logins()).toEqual([200, 200]);
    expect(calls('/v1/heartbeat')).toEqual([401, 401]);
  });

  it('renews its token a minute before it expires, by the life that the token tells', async () => {
    lapi.addMachine({ machineId: 'shop', password: PASSWORD });
    const { client } = machine();
    await client.prepare();

    await time.advance(58 * 60_000);
    await client.send(heartbeat);
    expect(logins()).toEqual([200]);

    await time.advance(70_000);
    await client.send(heartbeat);
    expect(logins()).toEqual([200, 200]);
    expect(calls('/v1/heartbeat')).toEqual([200, 200]);
  });

  it.each([
    ['an unknown machine', undefined, PASSWORD, 'cscli machines add shop'],
    ['a wrong password', PASSWORD, 'an0ther-Tr0ub4dor-1', 'check lapi.machine'],
  ])('says what to do about %s in one line, and asks again at growing intervals', async (_, known, given, hint) => {
    if (known !== undefined) lapi.addMachine({ machineId: 'shop', password: known });
    const { client, login } = machine(given);
    const rejection = { code: 'CROWDSEC_CREDENTIALS_REJECTED', message: expect.stringContaining(hint) };

    await expect(client.send(heartbeat)).rejects.toMatchObject(rejection);
    await expect(client.send(heartbeat)).rejects.toMatchObject({ ...rejection, nextAt: expect.any(Number) });
    expect(logins()).toEqual([401]);
    expect(login.state).toMatchObject({ loggedIn: false, failure: { message: expect.stringContaining(hint) } });

    await time.advance(5_000);
    await expect(client.send(heartbeat)).rejects.toMatchObject(rejection);
    await time.advance(5_000);
    await expect(client.send(heartbeat)).rejects.toMatchObject(rejection);
    expect(logins()).toEqual([401, 401]);
    expect(log).toEqual([{ level: 'error', message: expect.stringContaining(hint) }]);
    expect(calls('/v1/heartbeat')).toEqual([]);
  });

  it('waits for the validation of a machine, and goes on by itself once it has come', async () => {
    const { client, login } = machine();
    await fetch(`${lapi.url}/v1/watchers`, {
      method: 'POST',
      body: JSON.stringify({ machine_id: 'shop', password: PASSWORD }),
      headers: { 'content-type': 'application/json' },
    });
    await expect(client.send(heartbeat)).rejects.toThrow('cscli machines validate shop');

    lapi.validateMachine('shop');
    await time.advance(5_000);

    expect((await client.send(heartbeat)).status).toBe(200);
    expect(login.state).toEqual({ machineId: 'shop', loggedIn: true });
    expect(log.map(({ level }) => level)).toEqual(['error', 'info']);
  });

  it('knows its token as a secret', async () => {
    lapi.addMachine({ machineId: 'shop', password: PASSWORD });
    const { login } = machine();
    const token = (await login.token()).reveal();

    expect(redact(`refused: ${token} of ${PASSWORD}`)).not.toMatch(new RegExp(`${token.slice(-20)}|${PASSWORD}`));
  });

  it('does not take an outage for a refusal: the next call logs in at once', async () => {
    lapi.addMachine({ machineId: 'shop', password: PASSWORD });
    const { client, login } = machine();
    lapi.faults.add({ path: '/v1/watchers/login', status: 502, body: '<html>bad gateway' });

    await expect(client.send(heartbeat)).rejects.toMatchObject({ code: 'CROWDSEC_API_STATUS', status: 502 });
    expect(login.state.failure).toBeUndefined();
    expect((await client.send(heartbeat)).status).toBe(200);
  });

  it('refuses an answer that holds no token', async () => {
    lapi.addMachine({ machineId: 'shop', password: PASSWORD });
    const { client } = machine();
    lapi.faults.add({ path: '/v1/watchers/login', body: { code: 200, token: 'line\nbreak' } });

    await expect(client.send(heartbeat)).rejects.toMatchObject({ code: 'CROWDSEC_API_MALFORMED' });
  });
});
