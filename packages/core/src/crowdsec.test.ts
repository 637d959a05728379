import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startSandbox, type Sandbox } from '@crowdsec-sdk/sandbox';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { untilSettled } from '../test/until-settled.js';
import type { Crowdsec } from './agent.js';
import { createCrowdsec } from './crowdsec.js';
import { silentLogger } from './logger.js';
import type { CrowdsecOptions } from './options.js';
import { manualTime, type ManualTime } from './testing/manual-time.js';
import { removeFolder } from '../test/remove-folder.js';

const SECOND_MS = 1_000;
const MINUTE_MS = 60 * SECOND_MS;
const HOUR_MS = 60 * MINUTE_MS;
/** A while with a poll of the store each minute, rather than every few seconds. */
const POLLED_EACH_MINUTE = { strideMs: MINUTE_MS };
/** Hours in which nothing but a pull falls due. */
const POLLED_SELDOM = { strideMs: 6 * MINUTE_MS };
const BANNED = '198.51.100.7';

let sandbox: Sandbox;
let time: ManualTime;
let stateDir: string;
let agents: Crowdsec[];

beforeEach(async () => {
  time = manualTime(Date.UTC(2026, 10, 22, 12));
  sandbox = await startSandbox({ clock: time.clock });
  sandbox.decisions.add([{ value: BANNED }, { value: '2001:db8:bad::/48', scope: 'range' }]);
  stateDir = await mkdtemp(join(tmpdir(), 'crowdsec-sdk-test-'));
  agents = [];
});

afterEach(async () => {
  for (const agent of agents) await agent.stop({ deadlineMs: 0 });
  await sandbox.stop();
  await removeFolder(stateDir);
});

function agent(options: Partial<CrowdsecOptions> = {}): Crowdsec {
  const created = createCrowdsec({
    apiUrl: sandbox.url,
    stateDir,
    scenarios: ['acme/login-bruteforce', 'acme/http-404'],
    clock: time.clock,
    scheduler: time.scheduler,
    logger: silentLogger,
    journalDelayMs: 0,
    ...options,
  });
  agents.push(created);
  return created;
}

/** An agent that has pulled. */
async function running(options: Partial<CrowdsecOptions> = {}): Promise<Crowdsec> {
  const started = agent(options);
  await started.start();
  await time.advance(0);
  return started;
}

const count = (path: string): number => sandbox.calls.filter((call) => call.path === path).length;

describe('decisions', () => {
  it('serve a ban from the first pull on, in any spelling', async () => {
    const crowdsec = await running();
    expect(crowdsec.getIpRemediation(BANNED)).toMatchObject({ remediation: 'ban', origin: 'CAPI' });
    expect(crowdsec.getIpRemediation(`::ffff:${BANNED}`)).toMatchObject({ remediation: 'ban' });
    expect(crowdsec.getIpRemediation('2001:DB8:BAD:0::1')).toMatchObject({ remediation: 'ban' });
    expect(crowdsec.getIpRemediation('203.0.113.1')).toMatchObject({ remediation: 'bypass', origin: 'clean' });
    expect(crowdsec.getIpRemediation('nonsense')).toMatchObject({ remediation: 'bypass', origin: 'invalid' });
    expect(crowdsec.health()).toMatchObject({
      status: 'ok',
      problems: [],
      decisions: { count: 2, origins: { CAPI: 2 } },
    });
  });

  it('are unavailable before the first pull, and requests pass', () => {
    const crowdsec = agent();
    expect(crowdsec.getIpRemediation(BANNED)).toMatchObject({ remediation: 'bypass', origin: 'unavailable' });
    expect(crowdsec.health().status).toBe('unavailable');
  });

  it('are pulled at most every two hours, over restarts, and served at once from the store', async () => {
    await (await running()).stop();
    sandbox.decisions.add([{ value: '198.51.100.8' }]);
    const again = agent();
    await again.start();
    expect(again.getIpRemediation(BANNED).remediation).toBe('ban');
    const result = await again.refreshDecisions();
    expect(result).toMatchObject({ status: 'skipped', reason: 'budget', nextAt: time.clock.now() + 2 * HOUR_MS });
    expect([count('/v3/watchers'), count('/v3/watchers/login'), count('/v3/decisions/stream')]).toEqual([1, 1, 1]);

    await time.advance(2 * HOUR_MS, POLLED_SELDOM);
    expect(await again.refreshDecisions()).toMatchObject({ status: 'refreshed', new: 1 });
    expect(again.getIpRemediation('198.51.100.8').remediation).toBe('ban');
    expect(again.getIpRemediation(BANNED).remediation).toBe('ban');
  });

  it('are refreshed by themselves, every four hours with some jitter', async () => {
    await running();
    await time.advance(3.9 * HOUR_MS, POLLED_SELDOM);
    expect(count('/v3/decisions/stream')).toBe(1);
    await time.advance(0.6 * HOUR_MS, POLLED_SELDOM);
    expect(count('/v3/decisions/stream')).toBe(2);
  });

  it('ask for everything once and for changes then', async () => {
    const crowdsec = await running();
    await time.advance(2 * HOUR_MS, POLLED_SELDOM);
    await crowdsec.refreshDecisions();
    const pulls = sandbox.calls.filter((call) => call.path === '/v3/decisions/stream');
    expect(pulls.map((call) => call.query.startup)).toEqual(['true', undefined]);
  });

  it('back off while CAPI fails, and ask for everything after a pull that was lost', async () => {
    const crowdsec = await running();
    await time.advance(2 * HOUR_MS, POLLED_SELDOM);
    sandbox.faults.add({ path: '/v3/decisions', status: 500, times: Infinity });
    await expect(crowdsec.refreshDecisions()).rejects.toMatchObject({ status: 500 });
    expect(await crowdsec.refreshDecisions()).toMatchObject({ status: 'skipped', reason: 'backoff' });
    expect(crowdsec.getIpRemediation(BANNED).remediation).toBe('ban');
    sandbox.faults.clear();
    await time.advance(2 * MINUTE_MS);
    await crowdsec.refreshDecisions();
    expect(sandbox.calls.findLast((call) => call.path === '/v3/decisions/stream')?.query.startup).toBe('true');
  });

  it('are found by other processes on the same store within seconds', async () => {
    const first = await running();
    const second = await running();
    await time.advance(2 * HOUR_MS, POLLED_SELDOM);
    sandbox.decisions.add([{ value: '198.51.100.9' }]);
    await first.refreshDecisions();
    await time.advance(6 * SECOND_MS);
    expect(second.getIpRemediation('198.51.100.9').remediation).toBe('ban');
    expect(count('/v3/decisions/stream')).toBe(2);
  });

  it('come from linked lists too, and the token goes to CAPI only', async () => {
    sandbox.blocklists.set('tor', { lines: ['203.0.113.50'], remediation: 'captcha' });
    sandbox.allowlists.set('office', [{ value: BANNED }]);
    const crowdsec = await running();
    expect(crowdsec.getIpRemediation('203.0.113.50')).toMatchObject({ remediation: 'captcha', origin: 'lists:tor' });
    expect(crowdsec.getIpRemediation(BANNED)).toMatchObject({ remediation: 'bypass', origin: 'lists:office' });
    const listCalls = sandbox.calls.filter((call) => !call.path.startsWith('/v3/'));
    expect(listCalls).toHaveLength(2);
    expect(listCalls.map((call) => call.headers.authorization)).toEqual([undefined, undefined]);
  });
});

describe('local decisions', () => {
  const decision = { ip: '203.0.113.7', duration: '1h', scenario: 'acme/login-bruteforce' };

  it('hold at once in this process, within seconds in the others, and over a restart, until they end', async () => {
    const first = await running();
    const second = await running();
    const { stored, expiresAt } = first.decide(decision);
    expect(first.getIpRemediation('::ffff:203.0.113.7')).toMatchObject({
      remediation: 'ban',
      origin: 'crowdsec',
      expiresAt,
    });
    expect(first.explain('203.0.113.7')).toMatchObject([
      { origin: 'crowdsec', type: 'ban', scenario: 'acme/login-bruteforce' },
    ]);
    await time.advance(5 * SECOND_MS);
    await stored;
    expect(second.getIpRemediation('203.0.113.7').remediation).toBe('ban');
    await first.stop();
    const third = await running();
    expect(third.getIpRemediation('203.0.113.7').remediation).toBe('ban');
    expect(third.localDecisions()).toMatchObject([{ value: '203.0.113.7', type: 'ban', expiresAt }]);
    await time.advance(HOUR_MS, POLLED_SELDOM);
    expect(third.localDecisions()).toEqual([]);
    expect(third.getIpRemediation('203.0.113.7').remediation).toBe('bypass');
    expect(sandbox.signals).toHaveLength(0);
  });

  it('that follow each other while the store is slow wait for each other', async () => {
    const warnings: string[] = [];
    const crowdsec = await running({ logger: { ...silentLogger, warn: (line) => warnings.push(line) } });
    const stored = [1, 2, 3].map(async (i) => {
      const decided = crowdsec.decide({ ...decision, ip: `203.0.113.${i}` });
      // The job of the first is at work when that of the next is due.
      void time.advance(100);
      await decided.stored;
    });
    await Promise.all(stored);
    expect(warnings).toEqual([]);
  });

  it('are lifted everywhere', async () => {
    const first = await running();
    const second = await running();
    first.decide({ range: '2001:db8:1::/48', scenario: 'acme/x' });
    await time.advance(5 * SECOND_MS);
    expect(second.getIpRemediation('2001:db8:1::1').remediation).toBe('ban');
    expect(second.lift({ range: '2001:DB8:1:0::/48' })).toBe(true);
    expect(second.lift({ range: '2001:db8:1::/48' })).toBe(false);
    await time.advance(5 * SECOND_MS);
    expect(first.getIpRemediation('2001:db8:1::1').remediation).toBe('bypass');
  });

  it('written by two processes at once are both kept', async () => {
    const first = await running();
    const second = await running();
    first.decide(decision);
    second.decide({ ...decision, ip: '203.0.113.8' });
    await time.advance(5 * SECOND_MS);
    for (const crowdsec of [first, second]) {
      expect(crowdsec.getIpRemediation('203.0.113.7').remediation).toBe('ban');
      expect(crowdsec.getIpRemediation('203.0.113.8').remediation).toBe('ban');
    }
  });

  it('are reported too, if asked', async () => {
    const crowdsec = await running();
    expect(crowdsec.decide({ ...decision, report: true }).receipt).toMatchObject({ status: 'buffered' });
    await time.advance(0);
    await crowdsec.flushSignals();
    expect(sandbox.signals[0]?.signal.decisions).toMatchObject([{ type: 'ban', duration: '1h', value: '203.0.113.7' }]);
  });

  it.each([
    [{ ...decision, range: '203.0.113.0/24' }, 'decision'],
    [{ ...decision, duration: '0s' }, 'decision.duration'],
    [{ ...decision, scenario: 'acme/unknown', report: true }, 'report.scenario'],
  ])('that are wrong throw, and decide nothing: %j', async (input, path) => {
    const crowdsec = await running();
    expect(() => crowdsec.decide(input)).toThrow(expect.objectContaining({ path }) as Error);
    expect(crowdsec.health().decisions.local).toBe(0);
  });
});

describe('signals', () => {
  const report = { ip: '203.0.113.7', scenario: 'acme/login-bruteforce' };

  it('are buffered, then sent with what CAPI requires', async () => {
    const crowdsec = await running({ userAgentSuffix: 'AcmeShop', userAgentVersion: 'v2.3.0' });
    const receipt = crowdsec.report(report);
    crowdsec.whisper({ ip: '2001:DB8::7', scenario: 'acme/http-404' });
    await time.advance(0);
    await receipt.stored;
    expect(crowdsec.health().signals).toMatchObject({ buffered: 2 });
    expect(sandbox.signals).toHaveLength(0);

    await time.advance(0.123);
    const flushed = await crowdsec.flushSignals();
    expect(flushed).toEqual({ sent: 2, waiting: 0, nextAllowedAt: Math.ceil(time.clock.now() + 10 * SECOND_MS) });
    await time.advance(0.77);
    expect(await crowdsec.flushSignals()).toEqual({ ...flushed, sent: 0 });
    const [decision, whisper] = sandbox.signals.map(({ signal }) => signal);
    expect(decision).toMatchObject({
      uuid: receipt.status === 'buffered' ? receipt.uuid : '',
      machine_id: crowdsec.health().identity.machineId,
      scenario: 'acme/login-bruteforce',
      scenario_trust: 'manual',
      scenario_hash: '',
      source: { scope: 'Ip', value: '203.0.113.7' },
      decisions: [{ type: 'ban', duration: '4h', scope: 'Ip', value: '203.0.113.7', origin: 'crowdsec' }],
    });
    expect(whisper).toMatchObject({ source: { value: '2001:db8::7' } });
    expect(whisper).not.toHaveProperty('decisions');
    expect(new Set(sandbox.calls.map((call) => call.userAgent))).toEqual(new Set(['csnodecapi_AcmeShop/v2.3.0']));
  });

  it('leave at most 10 minutes later by themselves, a full call sooner, and never two calls within 10 seconds', async () => {
    const crowdsec = await running();
    crowdsec.report(report);
    await time.advance(9 * MINUTE_MS, POLLED_EACH_MINUTE);
    expect(sandbox.signals).toHaveLength(0);
    await time.advance(MINUTE_MS);
    expect(sandbox.signals).toHaveLength(1);

    for (let i = 0; i < 600; i++) crowdsec.report({ ...report, ip: `2001:db8::${i.toString(16)}` });
    await time.advance(31 * SECOND_MS);
    expect(sandbox.signals.length).toBeGreaterThanOrEqual(501);
    const calls = sandbox.calls.filter((call) => call.path === '/v3/signals');
    expect(Math.max(...calls.map((call) => call.signals ?? 0))).toBe(250);
    const gaps = calls.slice(1).map((call, i) => call.at - calls[i]!.at);
    expect(Math.min(...gaps)).toBeGreaterThanOrEqual(10 * SECOND_MS);
  });

  it('about the same address, scenario and kind within a minute are one, with the first uuid', async () => {
    const crowdsec = await running();
    const first = crowdsec.report(report);
    const merged = crowdsec.report({ ...report, ip: '::ffff:203.0.113.7' });
    await time.advance(30 * SECOND_MS);
    const later = crowdsec.report({ ...report, eventCount: 3 });
    crowdsec.whisper({ ip: report.ip, scenario: report.scenario });
    await time.advance(0);
    expect([first.status, merged.status, later.status]).toEqual(['buffered', 'merged', 'merged']);
    expect(merged).toMatchObject({ uuid: (first as { uuid: string }).uuid });
    await Promise.all([first.stored, merged.stored, later.stored]);

    await crowdsec.flushSignals();
    const [signal, whisper, ...others] = sandbox.signals.map((accepted) => accepted.signal);
    expect(others).toEqual([]);
    expect(whisper).not.toHaveProperty('decisions');
    expect(signal).toMatchObject({ message: expect.stringContaining('5 events over 30s') as string });
    expect(Date.parse(signal!.stop_at) - Date.parse(signal!.start_at)).toBe(30 * SECOND_MS);
    // What was sent is not touched any more.
    expect(crowdsec.report(report)).toMatchObject({ status: 'buffered' });
    expect(crowdsec.health().signals).toMatchObject({ merged: 2, buffered: 1 });
  });

  it('on their way are waited for by the stop: nothing is written after it', async () => {
    const crowdsec = await running();
    crowdsec.report(report);
    let landed = false;
    const flight = crowdsec.flushSignals().finally(() => (landed = true));
    await crowdsec.stop();
    expect(landed).toBe(true);
    expect(await flight).toMatchObject({ sent: 1, waiting: 0 });
  });

  it('that another process sent meanwhile are told anew, with what was merged in since', async () => {
    const first = await running();
    const second = await running();
    const receipt = first.report(report);
    await time.advance(0);
    await second.flushSignals();
    expect(sandbox.signals).toHaveLength(1);
    const merged = first.report({ ...report, eventCount: 2 });
    expect(merged).toMatchObject({ status: 'merged' });
    await time.advance(0);
    await merged.stored;
    await time.advance(10 * SECOND_MS);
    await first.flushSignals();
    const [sent, anew] = sandbox.signals.map((accepted) => accepted.signal);
    expect(sent?.uuid).toBe((receipt as { uuid: string }).uuid);
    expect(anew?.uuid).not.toBe(sent?.uuid);
    expect(anew?.message).toContain('2 events');
  });

  it('when the buffer is full: whispers make room, decisions are refused, all of it counted', async () => {
    const crowdsec = await running({ bufferSize: 250, mergeWindowMs: 0 });
    sandbox.faults.add({ path: '/v3/signals', status: 503, times: Infinity });
    const whisper = (i: number): string =>
      crowdsec.whisper({ ip: `2001:db8::${i.toString(16)}`, scenario: 'acme/http-404' }).status;
    const decision = (i: number): string => crowdsec.report({ ...report, ip: `2001:db8:1::${i.toString(16)}` }).status;
    for (let i = 0; i < 245; i++) expect(decision(i)).toBe('buffered');
    for (const i of [1, 2, 3, 1, 4]) expect(whisper(i)).toBe('buffered');
    await time.advance(0);
    expect(whisper(5)).toBe('buffered'); // in the place of the repeated one
    expect(whisper(6)).toBe('refused');
    for (let i = 0; i < 5; i++) expect(decision(300 + i)).toBe('buffered');
    expect(decision(400)).toBe('refused');
    await time.advance(0);
    expect(crowdsec.health().signals).toMatchObject({ buffered: 250, evicted: 6, refused: { 'buffer-full': 2 } });
    sandbox.faults.clear();
    await time.advance(MINUTE_MS);
    expect(sandbox.signals).toHaveLength(250);
    expect(sandbox.signals.filter(({ signal }) => signal.decisions === undefined)).toHaveLength(0);
  });

  it('are kept over an outage and a restart, with their uuids', async () => {
    const first = await running();
    sandbox.faults.add({ path: '/v3/signals', cut: 'after', times: 1 });
    const receipt = first.report(report);
    await time.advance(0);
    await expect(first.flushSignals()).rejects.toMatchObject({ code: 'CROWDSEC_API_UNREACHABLE' });
    await first.stop();
    const second = await running();
    await time.advance(MINUTE_MS);
    expect(sandbox.signals.map(({ signal }) => signal.uuid)).toEqual([
      receipt.status === 'buffered' && receipt.uuid,
      receipt.status === 'buffered' && receipt.uuid,
    ]);
    expect(second.health().signals.buffered).toBe(0);
  });

  it('that CAPI refuses cost their neighbours nothing', async () => {
    const crowdsec = await running();
    sandbox.rejectSignals((signal) => (signal.source.value === '203.0.113.13' ? 'poisoned' : undefined));
    for (let i = 0; i < 100; i++) crowdsec.report({ ...report, ip: `203.0.113.${i}` });
    await time.advance(20 * MINUTE_MS, POLLED_EACH_MINUTE);
    expect(sandbox.signals).toHaveLength(99);
    expect(crowdsec.health().signals).toMatchObject({ buffered: 0, sent: 99, poisoned: 1 });
    expect(await crowdsec.poisonedSignals()).toMatchObject([
      { signal: { source: { value: '203.0.113.13' } }, message: expect.stringContaining('poisoned') as string },
    ]);
  });

  it('are refused for addresses that nobody may report, visibly', async () => {
    sandbox.allowlists.set('office', [{ value: '203.0.113.99' }]);
    const crowdsec = await running({ ownIps: ['192.0.2.0/28'] });
    const refused = [
      '192.0.2.9',
      '127.0.0.1',
      '10.1.2.3',
      'fe80::1',
      '::ffff:192.168.1.1',
      'nonsense',
      '203.0.113.99',
    ].map((ip) => crowdsec.report({ ...report, ip }));
    expect(refused.map((receipt) => receipt.status === 'refused' && receipt.reason)).toEqual([
      'own-ip',
      'non-public-ip',
      'non-public-ip',
      'non-public-ip',
      'non-public-ip',
      'invalid-ip',
      'allowlisted-ip',
    ]);
    expect(crowdsec.health().signals.refused).toEqual({
      'own-ip': 1,
      'non-public-ip': 4,
      'invalid-ip': 1,
      'allowlisted-ip': 1,
    });
  });

  it.each([
    [{ ...report, scenario: 'acme/unknown' }, 'CROWDSEC_SCENARIO_UNDECLARED', 'report.scenario'],
    [{ ...report, scenario: 'Bruteforce' }, 'CROWDSEC_OPTION_INVALID', 'report.scenario'],
    [{ ...report, decision: { type: 'ban', duration: '7d' } }, 'CROWDSEC_OPTION_INVALID', 'report.decision.duration'],
    [{ ...report, decision: { type: 'ban', duration: '-4h' } }, 'CROWDSEC_OPTION_INVALID', 'report.decision.duration'],
    [{ ...report, range: '203.0.113.0/24' }, 'CROWDSEC_OPTION_INVALID', 'report'],
    [{ ...report, colour: 'red' }, 'CROWDSEC_OPTION_INVALID', 'report.colour'],
  ])('throw for a mistake of the caller: %j', (input, code, path) => {
    const crowdsec = agent();
    expect(() => crowdsec.report(input)).toThrow(expect.objectContaining({ code, path }) as Error);
  });

  it('can be pushed directly, through the same pacer', async () => {
    const crowdsec = await running();
    const pushed = crowdsec.pushSignals(
      Array.from({ length: 300 }, (_, i) => ({ ...report, ip: `203.0.113.${i % 250}` })),
    );
    expect(await untilSettled(pushed, time)).toEqual({ accepted: 300, refused: [] });
    expect(sandbox.calls.filter((call) => call.path === '/v3/signals').map((call) => call.signals)).toEqual([250, 50]);
  });
});

describe('trouble', () => {
  it('CAPI out of reach at the start: the agent starts, serves, and catches up', async () => {
    sandbox.faults.add({ cut: 'before', times: Infinity });
    const crowdsec = await running();
    expect(crowdsec.getIpRemediation(BANNED).origin).toBe('unavailable');
    crowdsec.report({ ip: '203.0.113.7', scenario: 'acme/login-bruteforce' });
    sandbox.faults.clear();
    await time.advance(15 * MINUTE_MS, POLLED_EACH_MINUTE);
    expect(crowdsec.getIpRemediation(BANNED).remediation).toBe('ban');
    expect(sandbox.signals).toHaveLength(1);
    expect(sandbox.machines).toHaveLength(1);
  });

  it('the state folder out of reach: the agent starts, says so once, sends nothing, and catches up', async () => {
    const warnings: string[] = [];
    const blocked = join(stateDir, 'file');
    await writeFile(blocked, 'not a folder');
    const crowdsec = await running({
      stateDir: blocked,
      logger: { ...silentLogger, warn: (line) => warnings.push(line) },
    });
    await time.advance(MINUTE_MS);
    expect(crowdsec.health()).toMatchObject({ status: 'unavailable', store: { reachable: false } });
    expect(warnings.filter((line) => line.includes('store'))).toHaveLength(1);
    expect(sandbox.calls).toHaveLength(0);
    await rm(blocked);
    await time.advance(MINUTE_MS);
    expect(crowdsec.getIpRemediation(BANNED).remediation).toBe('ban');
    expect(crowdsec.health().status).toBe('ok');
  });

  it.each([
    [{}, 'options.env'],
    [{ env: 'production' }, 'options.env'],
    [{ apiUrl: 'https://capi.example.org/v3' }, 'options.apiUrl'],
    [{ env: 'dev', apiUrl: 'https://capi.example.org' }, 'options.apiUrl'],
    [{ env: 'dev', userAgentSuffix: 'bad suffix!' }, 'options.userAgentSuffix'],
    [{ env: 'dev', userAgentVersion: '1.0' }, 'options.userAgentVersion'],
    [{ env: 'dev', machineIdPrefix: 'ACME' }, 'options.machineIdPrefix'],
    [{ env: 'dev', scenarios: ['nope'] }, 'options.scenarios[0]'],
    [{ env: 'dev', refreshIntervalMs: HOUR_MS }, 'options.refreshIntervalMs'],
    [{ env: 'dev', trustedProxies: ['10.0.0.0/33'] }, 'options.trustedProxies[0]'],
    [{ env: 'dev', trustedProxies: true }, 'options.trustedProxies'],
    [{ env: 'dev', store: new Map() }, 'options.namespace'],
    [{ env: 'dev', credentials: { machineId: 'short', password: 'x' } }, 'options.credentials.machineId'],
    [{ env: 'dev', fallbackRemediation: 'captha' }, 'options.fallbackRemediation'],
    [{ env: 'dev', colour: 'red' }, 'options.colour'],
  ])('wrong options are refused at construction, with their path: %j', (options, path) => {
    expect(() => createCrowdsec(options as CrowdsecOptions)).toThrow(
      expect.objectContaining({ code: 'CROWDSEC_OPTION_INVALID', path }) as Error,
    );
  });

  it('enrollment: taken, repeated, and refused for a wrong key without costing a login', async () => {
    const crowdsec = await running();
    expect(await crowdsec.enroll({ key: 'abcdEFGH1234', name: 'shop', tags: ['a'] })).toEqual({ status: 'enrolled' });
    expect(await crowdsec.enroll({ key: 'abcdEFGH1234', name: 'shop' })).toEqual({ status: 'already-enrolled' });
    await expect(crowdsec.enroll({ key: 'WRONG' })).rejects.toMatchObject({ code: 'CROWDSEC_API_STATUS', status: 403 });
    expect(count('/v3/watchers/login')).toBe(1);
  });

  it('a stopped agent says so', async () => {
    const crowdsec = await running();
    await crowdsec.stop();
    await expect(crowdsec.refreshDecisions()).rejects.toMatchObject({ code: 'CROWDSEC_STOPPED' });
    expect(crowdsec.report({ ip: '203.0.113.7', scenario: 'acme/http-404' })).toMatchObject({
      status: 'refused',
      reason: 'stopped',
    });
    expect(time.pending()).toEqual([]);
  });
});
