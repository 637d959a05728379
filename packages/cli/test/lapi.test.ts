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
  await vi.waitUntil(isListed, { timeout: 10_000 });
  const calls = lapi.calls.length;
  const checked = await runCommand(['decisions', 'check', '198.51.100.7', '1.1.1.1', '--json'], { cwd });
  expect(checked.json()).toMatchObject([{ remediation: 'ban', origin: 'cscli' }, { origin: 'clean' }]);
  expect(checked.stderr).toBe('');
  const explained = await runCommand(['explain', '198.51.100.7', '--json'], { cwd });
  expect(explained.json()).toMatchObject({ remediation: 'ban', matches: [{ origin: 'cscli', scenario: 'acme/x' }] });
  expect(lapi.calls.length).toBe(calls);
});
