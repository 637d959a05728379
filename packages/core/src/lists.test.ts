import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startSandbox, type Sandbox } from '@crowdsec-sdk/sandbox';
import { afterEach, beforeEach, expect, it } from 'vitest';
import type { Crowdsec } from './agent.js';
import { createCrowdsec } from './crowdsec.js';
import type { CrowdsecEvents } from './events.js';
import { silentLogger } from './logger.js';
import { manualTime, type ManualTime } from './testing/manual-time.js';
import { removeFolder } from '../test/remove-folder.js';

const MINUTE_MS = 60_000;
/** Hours with a poll of the store each minute, rather than every few seconds. */
const POLLED_EACH_MINUTE = { strideMs: MINUTE_MS };
const DEAD = /dead/;

/** Addresses of a /24, one a line. */
const hosts = (net: string, count = 200): string[] => Array.from({ length: count }, (_, i) => `${net}.${i}`);
/** One of twenty is no address. */
const rubbish = hosts('198.51.100').map((line, i) => (i % 20 === 7 ? `<td>${line}</td>` : line));
const isRubbish = (line: string): boolean => line.startsWith('<');

let sandbox: Sandbox;
let time: ManualTime;
let stateDir: string;
let crowdsec: Crowdsec;
let refreshed: CrowdsecEvents['refreshed'][];

beforeEach(async () => {
  time = manualTime(Date.UTC(2026, 10, 22, 12));
  sandbox = await startSandbox({ clock: time.clock });
  stateDir = await mkdtemp(join(tmpdir(), 'crowdsec-sdk-test-'));
  refreshed = [];
  sandbox.blocklists.set('Tor', { lines: hosts('192.0.2') });
  sandbox.blocklists.set('scanners', { lines: ['203.0.113.0/25', '2001:db8:bad::/48'], remediation: 'captcha' });
  sandbox.allowlists.set('office', ['192.0.2.0/30', '203.0.113.9']);
  sandbox.blocklists.set('dead', { lines: ['198.51.101.1', '198.51.101.2'] });
  sandbox.blocklists.set('rubbish', { lines: rubbish });
  sandbox.faults.add({ path: DEAD, cut: true, times: Infinity });
  await start();
});

afterEach(async () => {
  await crowdsec.stop({ deadlineMs: 0 });
  await sandbox.stop();
  await removeFolder(stateDir);
});

/** Starts an agent, which pulls if it holds nothing. */
async function start(): Promise<void> {
  const { clock, scheduler } = time;
  const remedies = { captcha: () => 'pass' as const };
  crowdsec = createCrowdsec({ apiUrl: sandbox.url, stateDir, clock, scheduler, logger: silentLogger, remedies });
  crowdsec.on('refreshed', (result) => refreshed.push(result));
  await crowdsec.start();
  await time.advance(0);
}

const said = (ip: string): string => {
  const { remediation, origin } = crowdsec.getIpRemediation(ip);
  return `${remediation} (${origin})`;
};
const calls = (path: RegExp): number => sandbox.calls.filter((call) => path.test(call.path)).length;

it('counts every good entry of every list, whatever its neighbours are', () => {
  for (const line of hosts('192.0.2').slice(4)) expect([line, said(line)]).toEqual([line, 'ban (lists:tor)']);
  for (const line of hosts('192.0.2', 4)) expect([line, said(line)]).toEqual([line, 'bypass (lists:office)']);
  for (const line of rubbish.filter((line) => !isRubbish(line)))
    expect([line, said(line)]).toEqual([line, 'ban (lists:rubbish)']);
  expect(said('203.0.113.127')).toBe('captcha (lists:scanners)');
  expect(said('203.0.113.128')).toBe('bypass (clean)');
  expect(said('203.0.113.9')).toBe('bypass (lists:office)');
  expect(said('2001:db8:bad:ffff::1')).toBe('captcha (lists:scanners)');
  expect(said('198.51.101.1')).toBe('bypass (clean)');
});

it('reports what was skipped, in health and in the event', () => {
  const lists = [
    { name: 'office', kind: 'allowlist', status: 'replaced', httpStatus: 200, entries: 2, skipped: {} },
    { name: 'Tor', kind: 'blocklist', status: 'replaced', httpStatus: 200, entries: 200, skipped: {} },
    { name: 'scanners', kind: 'blocklist', status: 'replaced', httpStatus: 200, entries: 2, skipped: {} },
    { name: 'dead', kind: 'blocklist', status: 'failed', entries: 0, skipped: {}, error: expect.any(String) as string },
    { name: 'rubbish', kind: 'blocklist', status: 'replaced', httpStatus: 200, entries: 190, skipped: { value: 10 } },
  ];
  expect(crowdsec.health().decisions.lists).toEqual(lists);
  expect(crowdsec.health()).toMatchObject({ status: 'degraded', problems: [{ code: 'LIST_FAILED' }] });
  expect(refreshed).toEqual([{ status: 'refreshed', network: 'capi', new: 394, deleted: 0, skipped: {}, lists }]);
});

it('asks for a list that failed again after 15 minutes, alone, and holds it then', async () => {
  await time.advance(15 * MINUTE_MS - 1, POLLED_EACH_MINUTE);
  expect(calls(DEAD)).toBe(1);
  await time.advance(1);
  expect(calls(DEAD)).toBe(2);
  sandbox.faults.clear();
  await time.advance(15 * MINUTE_MS, POLLED_EACH_MINUTE);
  expect([calls(DEAD), calls(/Tor|scanners|office|rubbish/), calls(/stream$/)]).toEqual([3, 4, 1]);
  expect([said('198.51.101.1'), said('192.0.2.9')]).toEqual(['ban (lists:dead)', 'ban (lists:tor)']);
  const { status, decisions } = crowdsec.health();
  expect(status).toBe('ok');
  expect(decisions.lists.map(({ name, entries }) => `${name}: ${entries}`).toSorted()).toEqual([
    'Tor: 200',
    'dead: 2',
    'office: 2',
    'rubbish: 190',
    'scanners: 2',
  ]);
  expect(refreshed.at(-1)).toMatchObject({ new: 2, lists: [{ name: 'dead', status: 'replaced' }] });
  await time.advance(60 * MINUTE_MS, POLLED_EACH_MINUTE);
  expect(calls(DEAD)).toBe(3);
});

it('asks for it again after a restart too', async () => {
  await crowdsec.stop({ deadlineMs: 0 });
  sandbox.faults.clear();
  await start();
  expect(said('198.51.101.1')).toBe('bypass (clean)');
  await time.advance(15 * MINUTE_MS, POLLED_EACH_MINUTE);
  expect(said('198.51.101.1')).toBe('ban (lists:dead)');
  expect(calls(/stream$/)).toBe(1);
});
