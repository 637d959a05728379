import { createCrowdsec, silentLogger } from '@crowdsec-sdk/core';
import type { JsonValue } from '@crowdsec-sdk/core/store';
import { openInstallation } from '@crowdsec-sdk/core/installation';
import { startSandbox } from '@crowdsec-sdk/sandbox';
import { describe, expect, it } from 'vitest';
import { installationFolder, runCommand } from './run-command.js';

describe('signals', () => {
  it('that wait are listed and sent, those that are refused are set aside, retried and dropped', async () => {
    await using sandbox = await startSandbox();
    const cwd = await installationFolder({ apiUrl: sandbox.url });
    // An application that left two behind.
    await using agent = createCrowdsec({
      apiUrl: sandbox.url,
      stateDir: `${cwd}/state`,
      scenarios: ['acme/login-bruteforce'],
      logger: silentLogger,
    });
    for (const ip of ['1.2.3.4', '1.2.3.5']) {
      const receipt = agent.report({ ip, scenario: 'acme/login-bruteforce' });
      await receipt.stored;
    }
    const listed = await runCommand(['alerts', 'list', '--json'], { cwd });
    expect(listed.json()).toMatchObject([{ source: { value: '1.2.3.4' } }, { source: { value: '1.2.3.5' } }]);
    const one = await runCommand(['signals', 'list', '--ip', '1.2.3.5', '-o', 'raw'], { cwd });
    expect(one.stdout).toMatch(
      /^id,value,reason,decisions,events,created_at\n[0-9a-f-]{36},Ip:1\.2\.3\.5,acme\/login-bruteforce,ban:1,1,/,
    );

    const [waiting] = listed.json() as object[];
    await using installation = openInstallation({ apiUrl: sandbox.url, stateDir: `${cwd}/state` });
    await installation.store.put('poisoned', [{ signal: waiting as JsonValue, message: 'not this one', at: 1 }]);
    const flushed = await runCommand(['signals', 'flush', '--wait', '--json'], { cwd });
    expect(flushed.json()).toMatchObject({ sent: 2, waiting: 0 });
    expect(sandbox.signals.map(({ signal }) => signal.source.value)).toEqual(['1.2.3.4', '1.2.3.5']);
    const quarantined = await runCommand(['signals', 'quarantine', 'list', '--json'], { cwd });
    expect(quarantined.json()).toMatchObject([{ signal: { source: { value: '1.2.3.4' } }, message: 'not this one' }]);
    expect(await runCommand(['signals', 'quarantine', 'drop', 'no-such-id'], { cwd })).toMatchObject({ code: 1 });
    expect((await runCommand(['signals', 'quarantine', 'retry'], { cwd })).stdout).toBe('1 signal(s) wait again\n');
    expect((await runCommand(['store', 'clear', '--what', 'signals', '--yes'], { cwd })).stdout).toBe(
      'Cleared signals: 1\n',
    );
    expect((await runCommand(['signals', 'quarantine', 'drop', '--all'], { cwd })).stdout).toBe(
      '0 signal(s) dropped\n',
    );
    expect((await runCommand(['signals', 'list'], { cwd })).stdout).toBe('No signal waits\n');
  });

  it('of a file are checked, and sent with their moments', async () => {
    await using sandbox = await startSandbox();
    const cwd = await installationFolder({ apiUrl: sandbox.url });
    const reports = [
      {
        ip: '1.2.3.4',
        scenario: 'acme/login-bruteforce',
        stopAt: '2026-01-02T03:04:05.000Z',
        decision: { type: 'ban', duration: '1h' },
      },
      { ip: '10.0.0.1', scenario: 'acme/login-bruteforce' },
    ];
    const stdin = reports.map((report) => JSON.stringify(report)).join('\n');
    const built = await runCommand(['signals', 'push', '-', '--dry-run', '--json'], { cwd, stdin });
    expect(built.json()).toMatchObject([{ stop_at: '2026-01-02T03:04:05.000Z', decisions: [{ duration: '1h' }] }, {}]);
    expect(sandbox.calls).toEqual([]);
    const pushed = await runCommand(['signals', 'push', '-', '--json'], { cwd, stdin });
    expect(pushed).toMatchObject({ code: 1 });
    expect(pushed.json()).toEqual({ accepted: 1, refused: [{ index: 1, reason: 'non-public-ip' }] });
    const wrong = await runCommand(['signals', 'push', '-'], {
      cwd,
      stdin: '[{ "ip": "1.2.3.4", "scenario": "acme/other" }]',
    });
    expect(wrong.stderr).toMatch(/^crowdsec-sdk: CROWDSEC_SCENARIO_UNDECLARED: signals\[0\]\.scenario: .*\n$/);
    expect(wrong.code).toBe(2);
  });
});
