import { execFile } from 'node:child_process';
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { startSandbox, type Sandbox } from '@crowdsec-sdk/sandbox';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { removeFolder } from './remove-folder.js';

const root = fileURLToPath(new URL('..', import.meta.url));
let sandbox: Sandbox;
let folder: string;
let agents = 0;

beforeAll(async () => {
  sandbox = await startSandbox();
  folder = await mkdtemp(join(tmpdir(), 'crowdsec-sdk-test-'));
});

afterAll(async () => {
  await sandbox.stop();
  await removeFolder(folder);
});

/** Runs a program of the built package that has a started agent, `crowdsec`; what it prints, and its exit code once it ends by itself. */
function program(
  body: string,
  options: object = { stateDir: join(folder, String(agents++)) },
): Promise<[string, number]> {
  const text = `
    import { createCrowdsec, silentLogger } from '@crowdsec-sdk/core';
    const scenario = 'acme/login-bruteforce';
    const crowdsec = createCrowdsec({
      apiUrl: ${JSON.stringify(sandbox.url)}, scenarios: [scenario], logger: silentLogger, ...${JSON.stringify(options)},
    });
    await crowdsec.start();
    ${body}`;
  return new Promise((resolve) => {
    execFile(process.execPath, ['--input-type=module', '-e', text], { cwd: root }, (error, stdout) =>
      resolve([stdout.trim(), Number(error?.code ?? 0)]),
    );
  });
}

// Each program loads the whole package: they do so side by side.
describe.concurrent('a program whose last line waits for', () => {
  it.each([
    ['a report', `await crowdsec.report({ ip: '203.0.113.7', scenario }).stored;`],
    ['a whisper', `await crowdsec.whisper({ ip: '203.0.113.7', scenario }).stored;`],
    [
      'a merged report',
      `crowdsec.report({ ip: '203.0.113.7', scenario }); await crowdsec.report({ ip: '203.0.113.7', scenario }).stored;`,
    ],
    ['a decision', `await crowdsec.decide({ ip: '203.0.113.7', scenario }).stored;`],
    ['a reported decision', `await crowdsec.decide({ ip: '203.0.113.7', scenario, report: true }).receipt.stored;`],
    [
      'a promise that it asked for earlier',
      `
      const { stored } = crowdsec.report({ ip: '203.0.113.7', scenario });
      await stored.then(() => crowdsec.whisper({ ip: '203.0.113.8', scenario }).stored);`,
    ],
  ])('%s lives until it is stored', async (_, body) => {
    expect(await program(`${body} console.log('stored');`)).toEqual(['stored', 0]);
  });

  it('a report on a store without a journal lives until CAPI has answered', async () => {
    const body = `
      const receipts = Array.from({ length: 250 }, (_, i) => crowdsec.report({ ip: '203.0.113.' + i, scenario }));
      await receipts.at(-1).stored;
      console.log('stored');`;
    expect(await program(body, { ephemeral: true })).toEqual(['stored', 0]);
    expect(sandbox.signals.length).toBeGreaterThanOrEqual(250);
  });
});

describe.concurrent('a program ends by itself', () => {
  it('when nobody waits for what it reported and decided', async () => {
    const body = `
      crowdsec.report({ ip: '203.0.113.7', scenario });
      crowdsec.decide({ ip: '203.0.113.7', scenario });
      process.on('exit', () => console.log('ended'));`;
    expect(await program(body)).toEqual(['ended', 0]);
  });

  it('when the agent was stopped, although what it waits for can never be stored', async () => {
    const body = `
      void crowdsec.report({ ip: '203.0.113.7', scenario }).stored.then(() => console.log('stored'));
      await crowdsec.stop({ deadlineMs: 0 });
      console.log('stopped');`;
    const [printed, code] = await program(body, { ephemeral: true });
    expect(printed).toContain('stopped');
    expect(code).toBe(0);
  });
});
