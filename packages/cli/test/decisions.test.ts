import { describe, expect, it } from 'vitest';
import { startSandbox } from '@crowdsec-sdk/sandbox';
import { installationFolder, runCommand } from './run-command.js';

describe('decisions of this installation', () => {
  it('are added, listed, checked, explained and deleted', async () => {
    const cwd = await installationFolder();
    const added = await runCommand(
      ['decisions', 'add', '--range', '203.0.113.0/24', '-d', '2h', '-R', 'acme/spam', '--json'],
      { cwd },
    );
    expect(added.json()).toMatchObject([
      { origin: 'crowdsec', scope: 'Range', value: '203.0.113.0/24', scenario: 'acme/spam', type: 'ban' },
    ]);
    const listed = await runCommand(['decisions', 'list', '--ip', '203.0.113.7', '-o', 'raw'], { cwd });
    expect(listed.stdout).toMatch(
      /^source,scope_value,reason,action,expiration\ncrowdsec,Range:203\.0\.113\.0\/24,acme\/spam,ban,(2h0m0s|1h59m\d+s)\n$/,
    );
    const checked = await runCommand(['decisions', 'check', '203.0.113.7', '203.0.114.1', '--json'], { cwd });
    expect(checked.json()).toMatchObject([
      { ip: '203.0.113.7', remediation: 'ban', origin: 'crowdsec', scenario: 'acme/spam' },
      { ip: '203.0.114.1', remediation: 'bypass' },
    ]);
    const explained = await runCommand(['explain', '::ffff:203.0.113.7', '--json'], { cwd });
    expect(explained.json()).toMatchObject({
      remediation: 'ban',
      matches: [{ list: 'local decisions', value: '203.0.113.0/24', remediation: 'ban' }],
    });
    const deleted = await runCommand(['decisions', 'delete', '--range', '203.0.113.0/24'], { cwd });
    expect(deleted.stdout).toBe('1 decision(s) deleted\n');
    expect((await runCommand(['decisions', 'list', '--json'], { cwd })).json()).toEqual([]);
  });

  it('are deleted by what they say', async () => {
    const cwd = await installationFolder();
    const file = '1.0.0.1\n1.0.0.2 # a comment\n\n2001:db8::1,1h\nnonsense\n';
    const imported = await runCommand(['decisions', 'import', '-', '-t', 'captcha'], { cwd, stdin: file });
    expect(imported).toMatchObject({
      code: 1,
      stdout: 'Imported 3 decisions, 1 refused\n',
      stderr: expect.stringContaining('"nonsense" is neither an IP address nor a range.'),
    });
    await runCommand(['decisions', 'add', '--ip', '1.0.1.1'], { cwd });
    const contained = await runCommand(['decisions', 'delete', '--range', '1.0.0.0/24', '--contained', '--json'], {
      cwd,
    });
    expect(contained.json()).toMatchObject({ deleted: 2 });
    expect((await runCommand(['decisions', 'delete', '--type', 'ban', '--json'], { cwd })).json()).toMatchObject({
      deleted: 1,
      decisions: [{ value: '1.0.1.1' }],
    });
    const left = await runCommand(['decisions', 'list', '--json'], { cwd });
    expect(left.json()).toMatchObject([{ value: '2001:db8::1', type: 'captcha' }]);
  });

  it.each([
    ['bans.csv', 'duration,scope,value,reason,type\n24h,ip,1.2.3.4,"a, b",captcha\n,range,10.1.0.0/16,,\n'],
    [
      'bans.json',
      '[{"duration":"24h","scope":"ip","value":"1.2.3.4","reason":"a, b","type":"captcha"},{"scope":"range","value":"10.1.0.0/16"}]',
    ],
  ])('are imported from %s as cscli takes it', async (name, content) => {
    const cwd = await installationFolder();
    const format = name.replace('bans.', '');
    await runCommand(['decisions', 'import', '-', '--format', format], { cwd, stdin: content });
    const { json } = await runCommand(['decisions', 'list', '--json'], { cwd });
    expect(json()).toMatchObject([
      { value: '1.2.3.4', scope: 'Ip', scenario: 'a, b', type: 'captcha' },
      { value: '10.1.0.0/16', scope: 'Range', scenario: 'manual', type: 'ban' },
    ]);
  });

  it('are not imported beyond what may be held', async () => {
    const cwd = await installationFolder({ maxLocalDecisions: 100 });
    const stdin = Array.from({ length: 101 }, (_, i) => `1.0.0.${i}`).join('\n');
    const { code, stderr } = await runCommand(['decisions', 'import', '-'], { cwd, stdin });
    expect(stderr).toContain('raise maxLocalDecisions');
    expect(code).toBe(2);
  });

  it('tell when a policy does nothing about them', async () => {
    const cwd = await installationFolder({ bouncingLevel: 'disabled' });
    const { code, stderr } = await runCommand(['decisions', 'add', '--ip', '1.2.3.4'], { cwd });
    expect(stderr).toContain('It does not come to');
    expect(code).toBe(0);
  });
});

describe('decisions of the network', () => {
  it('are pulled once in two hours, listed by origin, and explained', async () => {
    await using sandbox = await startSandbox();
    sandbox.decisions.add([
      { value: '203.0.113.7', scenario: 'crowdsecurity/ssh-bf' },
      { value: '203.0.113.0/24', scope: 'Range', scenario: 'crowdsecurity/http-probing' },
    ]);
    sandbox.allowlists.set('office', { entries: [{ value: '203.0.113.9' }] });
    const cwd = await installationFolder({ apiUrl: sandbox.url });
    const pulled = await runCommand(['decisions', 'refresh', '--json'], { cwd });
    expect(pulled.json()).toMatchObject({ status: 'refreshed', new: 3 });
    const again = await runCommand(['decisions', 'refresh'], { cwd });
    expect(again).toMatchObject({ code: 0, stdout: expect.stringContaining('less than two hours ago') });

    await runCommand(['decisions', 'add', '--ip', '203.0.113.7', '--type', 'captcha'], { cwd });
    const capi = await runCommand(['decisions', 'list', '--origin', 'capi', '--scope', 'range', '--json'], { cwd });
    expect(capi.json()).toMatchObject([{ origin: 'CAPI', value: '203.0.113.0/24' }]);
    const explained = await runCommand(['explain', '203.0.113.7', '--json'], { cwd });
    expect(explained.json()).toMatchObject({
      remediation: 'ban',
      origin: 'CAPI',
      matches: [
        { value: '203.0.113.7', type: 'ban', why: expect.stringContaining('wins') },
        { value: '203.0.113.0/24', type: 'ban', why: expect.stringContaining('narrower') },
        { origin: 'crowdsec', type: 'captcha', why: "'ban' is stronger" },
      ],
    });
    const allowed = await runCommand(['explain', '203.0.113.9', '--json'], { cwd });
    expect(allowed.json()).toMatchObject({
      remediation: 'bypass',
      matches: [
        { list: expect.stringContaining('allowlist'), why: expect.stringContaining('beats every decision') },
        { why: 'gives way to the allowlist' },
      ],
    });
    const limited = await runCommand(['decisions', 'list', '-l', '1'], { cwd });
    expect(limited.stderr).toContain('There are more');
    const kept = await runCommand(['decisions', 'delete', '--ip', '203.0.113.8'], { cwd });
    expect(kept.stderr).toContain("is held by CAPI, which is not this installation's to delete");
    expect(sandbox.calls.filter(({ path }) => path.includes('stream'))).toHaveLength(1);
    expect(sandbox.machines).toHaveLength(1);
  });
});
