import { fileURLToPath } from 'node:url';
import { startSandbox } from '@crowdsec-sdk/sandbox';
import { describe, expect, it, vi } from 'vitest';
import { folderWith, installationFolder } from './run-command.js';
import { COMMAND, ended, startNode } from './spawn-command.js';

const APP = fileURLToPath(new URL('fixtures/app.mjs', import.meta.url));

describe('beside a running application', () => {
  it('decides for it, and disturbs nothing', async () => {
    await using sandbox = await startSandbox();
    sandbox.decisions.add([{ value: '198.51.100.1' }]);
    const cwd = await installationFolder({ apiUrl: sandbox.url });
    const app = startNode([APP], cwd);
    const port = await vi
      .waitUntil(() => /^\d+$/m.exec(app.texts.out)?.[0], { timeout: 60_000 })
      .catch(() => expect.fail(`the application did not start: ${app.texts.error}`));
    const visit = async (ip: string): Promise<number> =>
      (await fetch(`http://127.0.0.1:${port}/`, { headers: { 'x-forwarded-for': ip } })).status;
    await vi.waitUntil(async () => (await visit('198.51.100.1')) === 403, { timeout: 20_000 });
    // What software is at work, the application tells when it has logged in, whenever it gets round to it.
    const calls = (): string[] => sandbox.calls.map(({ path }) => path).filter((path) => !path.includes('/metrics'));
    const callsBefore = calls();
    const run = async (...args: string[]): Promise<{ code: number | string; out: string }> => {
      const command = startNode([COMMAND, ...args], cwd);
      return { code: await ended(command), out: command.texts.out };
    };

    expect(await visit('203.0.113.7')).toBe(200);
    expect(await run('decisions', 'add', '--ip', '203.0.113.7')).toMatchObject({ code: 0 });
    await vi.waitUntil(async () => (await visit('203.0.113.7')) === 403, { timeout: 20_000 });
    const explained = await run('explain', '203.0.113.7', '--json');
    expect(JSON.parse(explained.out)).toMatchObject({ remediation: 'ban', origin: 'crowdsec' });
    expect(await run('decisions', 'delete', '--ip', '203.0.113.7')).toMatchObject({ out: '1 decision(s) deleted\n' });
    await vi.waitUntil(async () => (await visit('203.0.113.7')) === 200, { timeout: 20_000 });

    expect(await run('decisions', 'refresh')).toMatchObject({
      code: 0,
      out: expect.stringContaining('Nothing was pulled'),
    });
    expect(await run('capi', 'register')).toMatchObject({
      code: 0,
      out: expect.stringContaining('registered already'),
    });
    // The same machine, its token, and no call but those that the application had made.
    expect(calls()).toEqual(callsBefore);
    expect(sandbox.machines).toHaveLength(1);

    app.kill('SIGTERM');
    expect(await ended(app)).toBe(0);
  });
});

describe('the sandbox as a command of this one', () => {
  const run = async (...args: string[]): Promise<{ code: number | string; out: string; error: string }> => {
    const command = startNode([COMMAND, 'sandbox', ...args], await folderWith());
    return { code: await ended(command), ...command.texts };
  };

  it('prints its help and its version, and nothing else', async () => {
    expect(await run('--help')).toEqual({ code: 0, out: expect.stringContaining('--port'), error: '' });
    expect(await run('--version')).toEqual({ code: 0, out: expect.stringMatching(/^\d+\.\d+\.\d+\n$/), error: '' });
  });

  it('says in one line what was asked wrongly, and what it could not do', async () => {
    expect(await run('--prt', '1')).toMatchObject({
      code: 2,
      error: "crowdsec-sdk: unknown option '--prt'. (Did you mean --port?)\n",
    });
    await using sandbox = await startSandbox();
    const { port } = new URL(sandbox.url);
    const taken = await run('--port', port);
    expect(taken.code).toBe(1);
    expect(taken.error).toMatch(/^crowdsec-sdk: listen EADDRINUSE: .* by --port.*\n$/);
  });
});

describe('the process', () => {
  it('ends clean when nobody reads on, and when it is interrupted', async () => {
    await using sandbox = await startSandbox();
    const cwd = await installationFolder({ apiUrl: sandbox.url });
    const stdin = Array.from({ length: 20_000 }, (_, i) => `1.2.${i >> 8}.${i & 255}`).join('\n');
    const imported = startNode([COMMAND, 'decisions', 'import', '-'], cwd);
    imported.stdin!.end(stdin);
    expect(await ended(imported)).toBe(0);

    const reader = startNode([COMMAND, 'decisions', 'list', '-l', '0', '-o', 'json'], cwd);
    reader.stdout!.once('data', () => reader.stdout!.destroy());
    expect(await ended(reader)).toBe(0);
    expect(reader.texts.error).toMatch(/^No decisions of the network were ever pulled.*\n$/);

    const reports = JSON.stringify(
      Array.from({ length: 600 }, (_, i) => ({ ip: `1.2.${i >> 8}.${i & 255}`, scenario: 'acme/login-bruteforce' })),
    );
    const pushing = startNode([COMMAND, 'signals', 'push', '-'], cwd);
    pushing.stdin!.end(reports);
    await vi.waitUntil(() => sandbox.signals.length > 0, { timeout: 20_000 });
    pushing.kill('SIGINT');
    expect(await ended(pushing)).toBe(130);
    expect(pushing.texts.error).toBe('');
    expect(sandbox.signals).toHaveLength(250);
  });
});
