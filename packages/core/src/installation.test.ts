import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { startSandbox } from '@crowdsec-sdk/sandbox';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { createCrowdsec } from './crowdsec.js';
import { isCrowdsecError } from './errors.js';
import { checkOptions, openInstallation, type Installation } from './installation.js';
import { silentLogger } from './logger.js';
import type { CrowdsecOptions } from './options.js';
import { removeFolder } from '../test/remove-folder.js';

async function stateDir(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'crowdsec-installation-'));
  onTestFinished(() => removeFolder(folder));
  return folder;
}

function opened(options: CrowdsecOptions): Installation {
  const installation = openInstallation({ logger: silentLogger, ...options });
  onTestFinished(() => installation.close());
  return installation;
}

/** Decisions of CAPI and of its own in a folder, with nobody running. */
async function storedInstallation(): Promise<{
  options: CrowdsecOptions;
  sandbox: Awaited<ReturnType<typeof startSandbox>>;
}> {
  const sandbox = await startSandbox();
  onTestFinished(() => sandbox.stop());
  sandbox.decisions.add([{ value: '198.51.100.1' }]);
  const options = { apiUrl: sandbox.url, stateDir: await stateDir(), logger: silentLogger };
  const { refresh } = await refresher(options);
  await refresh();
  await opened(options).decisions.decide([{ ip: '203.0.113.7', scenario: 'acme/x' }]);
  return { options, sandbox };
}

async function refresher(options: CrowdsecOptions): Promise<{ refresh: () => Promise<unknown> }> {
  const network = await opened(options).network();
  return { refresh: () => network.refresh() };
}

async function manifestOf(options: CrowdsecOptions, name: string): Promise<string> {
  const [scope = ''] = await readdir(options.stateDir!);
  return join(options.stateDir!, scope, 'blobs', name);
}

describe('an installation that is opened from outside', () => {
  it('is read and added to without a process of its own', async () => {
    const { options } = await storedInstallation();
    const { engine, local, pulledAt } = await opened(options).decisions.load();
    expect(engine.getIpRemediation('198.51.100.1')).toMatchObject({ remediation: 'ban', origin: 'CAPI' });
    expect(local.map(({ value }) => value)).toEqual(['203.0.113.7']);
    expect(pulledAt).toBeTypeOf('number');
  });

  it('refuses extensions as an agent does: nothing leaves under a scenario whose name was not checked', async () => {
    const scenarios = ['Acme/Bad Name\n'];
    const options = {
      apiUrl: 'http://127.0.0.1:9',
      extensions: [{ name: 'acme.bad', apiVersion: 1 as const, scenarios }],
    };
    const refused = expect.objectContaining({
      code: 'CROWDSEC_OPTION_INVALID',
      path: 'options.extensions[0].scenarios[0]',
    }) as Error;
    await expect(opened({ ...options, ephemeral: true }).network()).rejects.toThrow(refused);
    await expect(checkOptions(options)).rejects.toThrow(refused);
  });

  it('writes nothing when it is only read', async () => {
    const folder = await stateDir();
    const installation = opened({ apiUrl: 'http://127.0.0.1:9', stateDir: folder });
    await installation.decisions.load();
    await (await installation.signals()).pending(10);
    await installation.close();
    expect(await readdir(folder)).toEqual([]);
  });

  it('leaves what is damaged where it is', async () => {
    const { options } = await storedInstallation();
    const file = await manifestOf(options, 'decisions.json');
    await writeFile(file, 'not what was written');
    const before = await readdir(join(file, '..'));
    const { damage, engine } = await opened(options).decisions.load();
    expect(damage).toBe('it is not JSON');
    expect(engine.isLoaded).toBe(false);
    expect(await readdir(join(file, '..'))).toEqual(before);
  });

  it.each(['decisions.json', 'local-decisions.json'])('is refused when a newer version wrote %s', async (name) => {
    const { options } = await storedInstallation();
    const file = await manifestOf(options, name);
    const text = await readFile(file, 'utf8');
    const isNewer = (error: unknown): boolean => isCrowdsecError(error, 'CROWDSEC_STORE_NEWER');
    for (const newer of [text.replace(/(crowdsec-[a-z-]+)\/2/, '$1/3'), text.replace('"format":1', '"format":2')]) {
      expect(newer).not.toBe(text);
      await writeFile(file, newer);
      const { decisions } = opened(options);
      await expect(decisions.load()).rejects.toSatisfy(isNewer);
      await expect(decisions.lift(() => true).then(() => decisions.load())).rejects.toSatisfy(isNewer);
      expect(await readFile(file, 'utf8')).toBe(newer);
    }
  });

  it('forgets decisions of the network, and not that they were pulled', async () => {
    const { options, sandbox } = await storedInstallation();
    expect(await opened(options).decisions.clear()).toBe(1);
    expect((await opened(options).decisions.load()).index.size).toBe(0);
    expect(await (await refresher(options)).refresh()).toMatchObject({ status: 'skipped', reason: 'budget' });
    const later = Date.now() + 3 * 3_600_000;
    sandbox.clock.advance(3 * 3_600_000);
    const clock = { now: () => later, monotonic: () => performance.now() };
    expect(await (await refresher({ ...options, clock })).refresh()).toMatchObject({ status: 'refreshed', new: 1 });
  });

  it('has its decisions acted on by a running agent, and lifts those that the agent made', async () => {
    await using sandbox = await startSandbox();
    const options = { apiUrl: sandbox.url, stateDir: await stateDir(), logger: silentLogger };
    await using agent = createCrowdsec(options);
    await agent.start();
    await agent.decide({ ip: '203.0.113.8', scenario: 'acme/x' }).stored;
    const { decisions } = opened(options);
    await decisions.decide([{ range: '203.0.113.0/29', scenario: 'acme/x', type: 'captcha' }]);
    await vi.waitUntil(() => agent.getIpRemediation('203.0.113.7').remediation === 'captcha', { timeout: 20_000 });
    expect(await decisions.lift(({ type }) => type === 'ban')).toMatchObject([{ value: '203.0.113.8' }]);
    await vi.waitUntil(() => agent.getIpRemediation('203.0.113.8').remediation === 'bypass', { timeout: 20_000 });
  });
});
