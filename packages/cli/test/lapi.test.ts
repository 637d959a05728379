import { createCrowdsec, silentLogger } from '@crowdsec-sdk/core';
import { startSandbox } from '@crowdsec-sdk/sandbox';
import { expect, it, vi } from 'vitest';
import { installationFolder, runCommand } from './run-command.js';

it('lists, checks and explains the decisions of a local API that an application has stored, and asks nobody', async () => {
  await using sandbox = await startSandbox({ lapi: true });
  const lapi = sandbox.lapi!;
  lapi.decisions.add([{ value: '198.51.100.7', scenario: 'acme/x', origin: 'cscli' }]);
  const options = {
    lapi: { url: lapi.url, apiKey: lapi.addBouncer('shop'), updateIntervalMs: 600_000 },
    apiUrl: undefined,
  };
  const cwd = await installationFolder(options);
  await using agent = createCrowdsec({ lapi: options.lapi, stateDir: `${cwd}/state`, logger: silentLogger });
  await agent.start();
  await vi.waitUntil(() => agent.getIpRemediation('198.51.100.7').remediation === 'ban', { timeout: 20_000 });
  const isListed = async (): Promise<boolean> => {
    const { stdout } = await runCommand(['decisions', 'list', '-o', 'raw'], { cwd });
    return stdout.includes('cscli,Ip:198.51.100.7,acme/x,ban');
  };
  await vi.waitUntil(isListed, { timeout: 20_000 });
  const calls = lapi.calls.length;
  const checked = await runCommand(['decisions', 'check', '198.51.100.7', '1.1.1.1', '--json'], { cwd });
  expect(checked.json()).toMatchObject([{ remediation: 'ban', origin: 'cscli' }, { origin: 'clean' }]);
  expect(checked.stderr).toBe('');
  const explained = await runCommand(['explain', '198.51.100.7', '--json'], { cwd });
  expect(explained.json()).toMatchObject({ remediation: 'ban', matches: [{ origin: 'cscli', scenario: 'acme/x' }] });
  expect(lapi.calls.length).toBe(calls);
});

it('pulls from a local API while no application follows it, and leaves the cursor to the application that does', async () => {
  await using sandbox = await startSandbox({ lapi: true });
  const lapi = sandbox.lapi!;
  lapi.decisions.add([{ value: '198.51.100.7', scenario: 'acme/x', origin: 'cscli' }]);
  const options = { lapi: { url: lapi.url, apiKey: lapi.addBouncer('shop') }, apiUrl: undefined };
  const cwd = await installationFolder(options);
  const pulls = (): string[] => lapi.calls.map(({ target }) => target).filter((target) => target.includes('/stream'));

  const pulled = await runCommand(['decisions', 'refresh', '--json'], { cwd });
  expect(pulled).toMatchObject({ code: 0, stderr: '' });
  expect(pulled.json()).toMatchObject({ status: 'refreshed', network: 'lapi', new: 1 });
  const listed = await runCommand(['decisions', 'list', '-o', 'raw'], { cwd });
  expect(listed.stdout).toContain('cscli,Ip:198.51.100.7,acme/x,ban');
  // Whoever is next asks for everything again, this command too.
  expect((await runCommand(['decisions', 'refresh'], { cwd })).stdout).toMatch(/^0 new decisions, 0 deleted/m);
  expect(pulls()).toEqual([expect.stringContaining('startup=true'), expect.stringContaining('startup=true')]);

  await using agent = createCrowdsec({ lapi: options.lapi, stateDir: `${cwd}/state`, logger: silentLogger });
  await agent.start();
  await vi.waitUntil(() => agent.health().decisions.lapi?.fullAt !== undefined, { timeout: 20_000 });
  const before = pulls().length;
  const skipped = await runCommand(['decisions', 'refresh'], { cwd });
  expect(skipped).toMatchObject({ code: 0 });
  expect(skipped.stdout).toMatch(/^Nothing was pulled: another process of the installation follows the local API/);
  lapi.decisions.add([{ value: '198.51.100.8', scenario: 'acme/x', origin: 'cscli' }]);
  await agent.refreshDecisions();
  expect(agent.getIpRemediation('198.51.100.8').remediation).toBe('ban');
  // The command has asked nobody: the application goes on with what changed.
  expect(pulls().slice(before)).toEqual([expect.not.stringContaining('startup=true')]);
});

it('asks a local API about its allowlists when it is told to', async () => {
  await using sandbox = await startSandbox({ lapi: true });
  const lapi = sandbox.lapi!;
  const machine = { machineId: 'shop', password: 'secret-enough-for-a-test' };
  lapi.addMachine(machine);
  lapi.setAllowlist(['198.51.100.0/24']);
  const options = { lapi: { url: lapi.url, apiKey: lapi.addBouncer('shop'), machine }, apiUrl: undefined };
  const cwd = await installationFolder(options);

  expect((await runCommand(['explain', '198.51.100.7', '--json'], { cwd })).json()).not.toHaveProperty('allowlists');
  expect(lapi.calls).toEqual([]);
  const held = await runCommand(['explain', '198.51.100.7', '--allowlists'], { cwd });
  expect(held).toMatchObject({ code: 0 });
  expect(held.stdout).toContain('On the allowlist sandbox of the local API');
  expect((await runCommand(['explain', '198.51.100.7', '--allowlists', '--json'], { cwd })).json()).toMatchObject({
    allowlists: ['sandbox'],
  });
  const free = await runCommand(['explain', '203.0.113.7', '--allowlists'], { cwd });
  expect(free.stdout).toContain('On no allowlist of the local API');
  lapi.faults.add({ path: '/v1/allowlists/check', status: 404 });
  const old = await runCommand(['explain', '203.0.113.7', '--allowlists', '--json'], { cwd });
  expect(old.json()).toMatchObject({ allowlists: null });
});

it('needs a machine for that', async () => {
  const cwd = await installationFolder({ lapi: { url: 'http://127.0.0.1:9', apiKey: 'key' }, apiUrl: undefined });
  const refused = await runCommand(['explain', '198.51.100.7', '--allowlists'], { cwd });
  expect(refused).toMatchObject({ code: 2 });
  expect(refused.stderr).toContain('lapi.machine');
});
