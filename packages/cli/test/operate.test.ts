import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { startSandbox } from '@crowdsec-sdk/sandbox';
import { describe, expect, it } from 'vitest';
import { folderWith, installationFolder, runCommand } from './run-command.js';

describe('capi and console', () => {
  it('register once, tell the standing, and enroll', async () => {
    await using sandbox = await startSandbox();
    const cwd = await installationFolder({ apiUrl: sandbox.url });
    const before = await runCommand(['capi', 'status', '--json'], { cwd });
    expect(before).toMatchObject({ code: 1 });
    expect(before.json()).toMatchObject({ identity: 'none', loginsLastHour: 0 });
    const registered = await runCommand(['capi', 'register'], { cwd });
    expect(registered.stdout).toMatch(/^Successfully registered to Central API \(CAPI\) as [a-z0-9]{48}\n$/);
    expect((await runCommand(['capi', 'register'], { cwd })).stdout).toContain('registered already');
    const after = await runCommand(['capi', 'status', '--check', '--json'], { cwd });
    expect(after).toMatchObject({ code: 0 });
    expect(after.json()).toMatchObject({ identity: 'validated', loginsLastHour: 1 });
    const enrolled = await runCommand(['console', 'enroll', '-', '--name', 'shop', '--tags', 'a,b', '--tags', 'c'], {
      cwd,
      stdin: 'abcdEFGH1234\n',
    });
    expect(enrolled).toMatchObject({ code: 0, stdout: expect.stringContaining('Instance enrolled') });
    expect(sandbox.calls.find(({ path }) => path.endsWith('/enroll'))?.body).toMatchObject({
      name: 'shop',
      tags: ['a', 'b', 'c'],
    });
    const wrong = await runCommand(['console', 'enroll', 'wrongKEY77'], { cwd });
    expect(wrong.stderr).toMatch(/^crowdsec-sdk: CROWDSEC_API_STATUS: .*\n$/);
    expect(wrong.stderr).not.toContain('wrongKEY77');
    expect(wrong.code).toBe(1);
    expect(sandbox.machines).toHaveLength(1);
  });

  it('fail in one line when nobody answers', async () => {
    const { code, stderr } = await runCommand(['capi', 'register'], { cwd: await installationFolder() });
    expect(stderr).toMatch(/^crowdsec-sdk: CROWDSEC_API_UNREACHABLE: .*HTTPS_PROXY.*\n$/);
    expect(code).toBe(1);
  });
});

describe('lapi status', () => {
  it('tries the bouncer and the machine', async () => {
    await using sandbox = await startSandbox({ lapi: true });
    const { lapi } = sandbox;
    const apiKey = lapi!.addBouncer('shop');
    lapi!.addMachine({ machineId: 'shop', password: 'the-password-1' });
    const machine = { machineId: 'shop', password: 'the-password-1' };
    const works = await runCommand(['lapi', 'status', '--json'], {
      cwd: await installationFolder({ lapi: { url: lapi!.url, apiKey, machine } }),
    });
    expect(works.json()).toMatchObject({ bouncer: 'ok', machine: 'ok' });
    // A running agent with this key is told the next changes as if nobody had asked.
    expect(lapi!.bouncers).toEqual([]);
    const refused = await runCommand(['lapi', 'status'], {
      cwd: await installationFolder({ lapi: { url: lapi!.url, apiKey: 'wrong-key-9876' } }),
    });
    expect(refused).toMatchObject({
      code: 1,
      stderr: expect.stringMatching(/^crowdsec-sdk: CROWDSEC_API_STATUS: .*403.*\n$/),
    });
    expect(refused.stderr).not.toContain('wrong-key-9876');
  });

  it('is asked wrongly where no local API is configured', async () => {
    expect(await runCommand(['lapi', 'status'], { cwd: await installationFolder() })).toMatchObject({ code: 2 });
  });
});

describe('tables', () => {
  it('have colours on a terminal alone, and not with NO_COLOR', async () => {
    const cwd = await installationFolder();
    await runCommand(['decisions', 'add', '--ip', '1.2.3.4', '-R', 'a\u001b[31mb'], { cwd });
    const args = ['decisions', 'check', '1.2.3.4'];
    const onTerminal = await runCommand(args, { cwd, isTTY: true });
    expect(onTerminal.stdout).toContain('\u001b[31mban\u001b[39m');
    for (const options of [{}, { isTTY: true, env: { NO_COLOR: '1' } }]) {
      expect((await runCommand(args, { cwd, ...options })).stdout).not.toContain('\u001b');
    }
    expect((await runCommand([...args, '--color', 'yes'], { cwd })).stdout).toContain('\u001b[31mban');
    // What others wrote never reaches a terminal as a command to it.
    expect(onTerminal.stdout).not.toContain('a\u001b');
    expect(onTerminal.stdout).toMatch(/^╭.*\n│ .*IP.*Remediation.*Source.*Reason.*expiration.* │\n├/);
  });
});

describe('store clear', () => {
  it('asks somebody, or wants --yes', async () => {
    const cwd = await installationFolder();
    const { code, stderr } = await runCommand(['store', 'clear', '--what', 'token'], { cwd });
    expect(stderr).toContain('give --yes');
    expect(code).toBe(2);
    const nothing = await runCommand(['store', 'clear', '--yes'], { cwd });
    expect(nothing).toMatchObject({ code: 2, stderr: expect.stringContaining('--what') });
  });
});

describe('support dump', () => {
  it('writes a folder without secrets and addresses', async () => {
    await using sandbox = await startSandbox();
    const cwd = await installationFolder({
      apiUrl: sandbox.url,
      lapi: { url: 'http://127.0.0.1:9', apiKey: 'kEy-of-the-bouncer-5678' },
    });
    await runCommand(['capi', 'register'], { cwd });
    await runCommand(['decisions', 'add', '--ip', '203.0.113.77'], { cwd });
    expect(await runCommand(['support', 'dump', '-f', 'dump'], { cwd })).toMatchObject({ code: 0 });
    const files = await readdir(join(cwd, 'dump'));
    expect(files.toSorted()).toEqual([
      'config.json',
      'decisions.json',
      'machine.json',
      'signals.json',
      'store.json',
      'versions.json',
    ]);
    const texts = await Promise.all(files.map((file) => readFile(join(cwd, 'dump', file), 'utf8')));
    for (const text of texts) expect(() => JSON.parse(text) as unknown).not.toThrow();
    const [scope = ''] = await readdir(join(cwd, 'state'));
    const values = join(cwd, 'state', scope, 'values');
    const stored = await Promise.all((await readdir(values)).map((file) => readFile(join(values, file), 'utf8')));
    const secrets = [...stored.join('').matchAll(/"(?:password|jwt)":"([^"]+)"/g)].map(([, secret]) => secret!);
    expect(secrets).toHaveLength(2);
    for (const secret of [...secrets, 'kEy-of-the-bouncer-5678', '203.0.113.77'])
      expect(texts.join('')).not.toContain(secret);
    expect(await runCommand(['support', 'dump', '-f', 'dump'], { cwd })).toMatchObject({ code: 2 });
  });
});

describe('extensions, metrics and the sandbox', () => {
  it('list what extensions contribute', async () => {
    const cwd = await folderWith({
      'crowdsec.config.mjs': `export default { env: 'dev', extensions: [{ name: 'acme.trap', apiVersion: 1, scenarios: ['acme/trap'],
        detectors: [{ name: 'path', on: ['request'], detect: () => undefined }] }] };`,
    });
    const { json } = await runCommand(['extensions', 'list', '--json'], { cwd });
    expect(json()).toMatchObject([{ name: 'acme.trap', scenarios: ['acme/trap'], detectors: ['path'] }]);
  });

  it('count decisions by reason, origin and action', async () => {
    const cwd = await installationFolder();
    await runCommand(['decisions', 'import', '-', '-R', 'acme/x'], { cwd, stdin: '1.0.0.1\n1.0.0.2\n' });
    const { json } = await runCommand(['metrics', '--json'], { cwd });
    expect(json()).toMatchObject({
      decisions: [{ reason: 'acme/x', origin: 'crowdsec', action: 'ban', count: 2 }],
      signals: { waiting: 0, quarantined: 0 },
    });
  });

  it('refuse flags of the sandbox in one line', async () => {
    const { code, stderr } = await runCommand(['sandbox', '--prot', '1'], { cwd: await folderWith() });
    expect(stderr).toBe("crowdsec-sdk: unknown option '--prot'. (Did you mean --port?)\n");
    expect(code).toBe(2);
  });
});

describe('replay', () => {
  it('tells what a log would have come to', async () => {
    const line = '1.2.3.4 - - [21/Nov/2026:10:00:00 +0100] "GET /.env HTTP/1.1" 404 12 "-" "Mozilla/5.0"\n';
    const cwd = await folderWith({ 'access.log': `${line}nonsense\n` });
    const { code, json } = await runCommand(['replay', 'access.log', '--json'], { cwd });
    expect(code).toBe(0);
    expect(json()).toMatchObject({
      lines: 2,
      unreadable: 1,
      scenarios: [{ scenario: 'replay/sensitive-files', clients: 1 }],
    });
    expect(await runCommand(['replay', 'none.log'], { cwd })).toMatchObject({ code: 2 });
  });
});
