import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startSandbox } from '@crowdsec-sdk/sandbox';
import { expect, it, onTestFinished } from 'vitest';
import { createCrowdsec } from '../crowdsec.js';
import { silentLogger } from '../logger.js';
import { removeFolder } from '../../test/remove-folder.js';

const BANS = 60_000;

it('shows the wall, not the page, to each of 60,000 banned clients by bouncingLevel flex', async () => {
  const sandbox = await startSandbox();
  onTestFinished(() => sandbox.stop());
  const banned = Array.from({ length: BANS }, (_, i) => `203.${i >> 16}.${(i >> 8) & 255}.${i & 255}`);
  sandbox.decisions.set(banned.map((value) => ({ value })));
  const stateDir = await mkdtemp(join(tmpdir(), 'crowdsec-flex-'));
  onTestFinished(() => removeFolder(stateDir));
  const crowdsec = createCrowdsec({
    apiUrl: sandbox.url,
    stateDir,
    storeTimeoutMs: 20_000,
    logger: silentLogger,
    bouncingLevel: 'flex',
  });
  onTestFinished(() => crowdsec.stop());
  const refreshed = new Promise((resolve) => crowdsec.on('refreshed', resolve));
  await crowdsec.start();
  await refreshed;

  const met = new Map<string, number>();
  for (const remoteAddress of banned) {
    const verdict = crowdsec.bouncer.inspect({
      remoteAddress,
      method: 'GET',
      path: '/',
      headers: { accept: 'text/html' },
    });
    const what = verdict.action === 'pass' ? 'the page' : `${verdict.response.status} ${verdict.remediation}`;
    met.set(what, (met.get(what) ?? 0) + 1);
  }
  expect(Object.fromEntries(met)).toEqual({ '401 captcha': BANS });
  const { problems, captcha } = crowdsec.health();
  expect(captcha?.shown).toBe(BANS);
  expect(problems.filter(({ code }) => code === 'REMEDY_MISSING')).toEqual([]);
});

it('still says so where nobody serves what a ban comes to', async () => {
  const crowdsec = createCrowdsec({
    apiUrl: 'http://127.0.0.1:9',
    ephemeral: true,
    logger: silentLogger,
    bouncingLevel: 'flex',
    captcha: false,
  });
  onTestFinished(() => crowdsec.stop());
  crowdsec.decide({ ip: '203.0.113.7', scenario: 'acme/x' });
  expect(crowdsec.health().problems).toContainEqual(expect.objectContaining({ code: 'REMEDY_MISSING' }));
});
