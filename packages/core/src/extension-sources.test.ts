import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startSandbox, type Sandbox } from '@crowdsec-sdk/sandbox';
import { afterEach, beforeEach, expect, it } from 'vitest';
import type { Crowdsec } from './agent.js';
import { createCrowdsec } from './crowdsec.js';
import type { Extension } from './extensions/extension.js';
import { silentLogger } from './logger.js';
import { cidrs } from './sources/cidrs.js';
import { listFile } from './sources/list-file.js';
import { manualTime, type ManualTime } from './testing/manual-time.js';
import { removeFolder } from '../test/remove-folder.js';

const BANNED = '198.51.100.7';

let sandbox: Sandbox;
let time: ManualTime;
let folder: string;
let crowdsec: Crowdsec;

beforeEach(async () => {
  time = manualTime(Date.UTC(2026, 10, 22, 12));
  sandbox = await startSandbox({ clock: time.clock });
  sandbox.decisions.add([{ value: BANNED }]);
  folder = await mkdtemp(join(tmpdir(), 'crowdsec-sdk-test-'));
});

afterEach(async () => {
  await crowdsec.stop({ deadlineMs: 0 });
  await sandbox.stop();
  await removeFolder(folder);
});

async function start(...extensions: readonly Extension[]): Promise<void> {
  const { clock, scheduler } = time;
  const stateDir = join(folder, 'state');
  crowdsec = createCrowdsec({ apiUrl: sandbox.url, stateDir, clock, scheduler, logger: silentLogger, extensions });
  await crowdsec.start();
}

const said = (ip: string): string => {
  const { remediation, origin } = crowdsec.getIpRemediation(ip);
  return `${remediation} (${origin})`;
};

it('an extension with nothing but a source is enough, and its allowlist beats CAPI', async () => {
  const source = cidrs(['198.51.100.0/24'], { name: 'office', kind: 'allowlist' });
  await start({ name: 'acme.office', apiVersion: 1, sources: [source] });
  await time.advance(0);
  expect(said(BANNED)).toBe('bypass (lists:office)');
  expect(crowdsec.explain(BANNED).map(({ origin }) => origin)).toEqual(['lists:office', 'CAPI']);
  expect(crowdsec.health()).toMatchObject({ status: 'ok', decisions: { origins: { CAPI: 1, 'lists:office': 1 } } });
});

it('a list holds before CAPI was ever pulled, and health does not take it for that pull', async () => {
  const path = join(folder, 'ours.txt');
  await writeFile(path, '203.0.113.0/24\n');
  sandbox.faults.add({ path: '/v3', status: 500, times: Infinity });
  await start({ name: 'acme.lists', apiVersion: 1, sources: [listFile(path)] });
  expect(said('203.0.113.7')).toBe('ban (lists:ours)');
  const { status, problems, decisions } = crowdsec.health();
  expect([status, problems.map(({ code }) => code)]).toEqual(['unavailable', ['NO_DECISIONS']]);
  expect(decisions).toMatchObject({ count: 1, stale: true, lists: [{ name: 'ours', status: 'replaced', entries: 1 }] });
});

it('a file that is missing is named in health, and what was read of it stays', async () => {
  const path = join(folder, 'ours.txt');
  await writeFile(path, '203.0.113.7\n');
  await start({ name: 'acme.lists', apiVersion: 1, sources: [listFile(path)] });
  await time.advance(0);
  await rm(path);
  await time.advance(10_000);
  expect(said('203.0.113.7')).toBe('ban (lists:ours)');
  expect(crowdsec.health()).toMatchObject({ status: 'degraded', problems: [{ code: 'LIST_FAILED' }] });
});
