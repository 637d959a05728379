import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { client, PASSWORD, valuesOf, type Client } from '../test/client.js';
import { startSandbox, type Sandbox } from './index.js';

let stateDir: string;
beforeEach(async () => {
  stateDir = join(await mkdtemp(join(tmpdir(), 'crowdsec-sandbox-')), 'state');
});
afterEach(() => rm(join(stateDir, '..'), { recursive: true, force: true }));

async function registered(sandbox: Sandbox): Promise<Client> {
  const machine = client(sandbox);
  await machine.send('POST', '/v3/watchers', { machine_id: machine.machineId, password: PASSWORD });
  await machine.login(['acme/http-404']);
  return machine;
}

it('survives a restart: machines, tokens, decisions and what each machine was told', async () => {
  const before = await startSandbox({ stateDir });
  const machine = await registered(before);
  before.decisions.add([{ value: '1.1.1.1' }, { value: '2.2.2.2' }]);
  await machine.pull();
  before.decisions.remove(['1.1.1.1']);
  const { machines } = before;
  await before.stop();

  await using after = await startSandbox({ stateDir });
  expect(after.machines).toEqual(machines);
  expect(after.decisions.all().map(({ value }) => value)).toEqual(['2.2.2.2']);
  const stream = await client(after).send('GET', '/v3/decisions/stream', undefined, { authorization: machine.token });
  expect(stream).toMatchObject({ status: 200, json: { new: [], deleted: [{ scope: 'ip', decisions: ['1.1.1.1'] }] } });
  expect((await client(after).login()).status).toBe(200);
});

it('is on disk before the answer is given: what a client was told survives a kill', async () => {
  await using killed = await startSandbox({ stateDir });
  const machine = await registered(killed);
  killed.decisions.add([{ value: '1.1.1.1' }]);
  await machine.pull();

  await using after = await startSandbox({ stateDir });
  const again = client(after);
  expect((await again.login()).status).toBe(200);
  expect(valuesOf(await again.pull())).toEqual([]);
  expect(valuesOf(await again.pull('?startup=true'))).toEqual(['1.1.1.1']);
});

it('keeps a ban over a restart', async () => {
  const before = await startSandbox({ stateDir, loginBurst: { logins: 1, withinMs: 60_000, banMs: 60_000 } });
  await registered(before);
  await before.stop();
  await using after = await startSandbox({ stateDir, loginBurst: { logins: 1, withinMs: 60_000, banMs: 60_000 } });
  expect((await client(after).login()).status).toBe(403);
});

it('holds no password, and nobody else can read it', async () => {
  await using sandbox = await startSandbox({ stateDir });
  await registered(sandbox);
  expect((await stat(stateDir)).mode & 0o777).toBe(0o700);
  const files = await readdir(stateDir);
  expect(files.sort()).toEqual(['login-bursts.json', 'machines.json', 'signing-key.json']);
  for (const file of files) {
    expect((await stat(join(stateDir, file))).mode & 0o777).toBe(0o600);
    expect(await readFile(join(stateDir, file), 'utf8')).not.toContain(PASSWORD);
  }
});

it('is not thrown away when it is damaged', async () => {
  await (await startSandbox({ stateDir })).stop();
  const file = join(stateDir, 'machines.json');
  await writeFile(file, '[{');
  await expect(startSandbox({ stateDir })).rejects.toThrow(file);
});

it('says 500 as long as it cannot be written, and catches up', async () => {
  await using sandbox = await startSandbox({ stateDir });
  const machine = await registered(sandbox);
  await rm(stateDir, { recursive: true });
  expect(await machine.login()).toMatchObject({
    status: 500,
    json: { message: expect.stringContaining('ENOENT') as string },
  });
  await (await startSandbox({ stateDir })).stop();
  expect((await machine.login()).status).toBe(200);
});
