import { mkdtemp, readdir } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startSandbox, type Sandbox } from '@crowdsec-sdk/sandbox';
import Keyv from 'keyv';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { untilSettled } from '../../test/until-settled.js';
import type { Crowdsec } from '../agent.js';
import { createCrowdsec } from '../crowdsec.js';
import { silentLogger } from '../logger.js';
import type { CrowdsecOptions } from '../options.js';
import type { Scheduler } from '../scheduler.js';
import { FileLeases } from '../store/file-leases.js';
import { manualTime, type ManualTime } from '../testing/manual-time.js';
import { removeFolder } from '../../test/remove-folder.js';

const SECOND_MS = 1_000;
const MINUTE_MS = 60 * SECOND_MS;
const HOUR_MS = 60 * MINUTE_MS;
/** Hours with a poll of the store each minute, rather than every few seconds. */
const POLLED_EACH_MINUTE = { strideMs: MINUTE_MS };
const scenario = 'acme/login-bruteforce';
const other = 'acme/http-404';

let sandbox: Sandbox;
let time: ManualTime;
let stateDir: string;
let agents: Crowdsec[];

beforeEach(async () => {
  time = manualTime(Date.UTC(2026, 10, 22, 12));
  sandbox = await startSandbox({ clock: time.clock });
  stateDir = await mkdtemp(join(tmpdir(), 'crowdsec-sdk-test-'));
  agents = [];
});

afterEach(async () => {
  for (const agent of agents) await agent.stop({ deadlineMs: 0 });
  await sandbox.stop();
  await removeFolder(stateDir);
});

async function running(options: Partial<CrowdsecOptions> = {}): Promise<Crowdsec> {
  const crowdsec = createCrowdsec({
    apiUrl: sandbox.url,
    stateDir,
    scenarios: [scenario, other],
    clock: time.clock,
    scheduler: time.scheduler,
    logger: silentLogger,
    journalDelayMs: 0,
    ...options,
  });
  agents.push(crowdsec);
  await crowdsec.start();
  await time.advance(0);
  return crowdsec;
}

const calls = () => sandbox.calls.filter(({ path }) => path === '/v3/signals');
const gaps = () =>
  calls()
    .slice(1)
    .map(({ at }, i) => at - calls()[i]!.at);
const ip = (i: number): string => `20.0.${i >> 8}.${i & 255}`;

describe('the pace of the network', () => {
  it.each([401, 403])('holds for the repetition after a %i, which takes a fresh token', async (status) => {
    const crowdsec = await running();
    crowdsec.report({ ip: ip(1), scenario });
    sandbox.faults.add({ path: '/v3/signals', status });
    await expect(crowdsec.flushSignals()).rejects.toMatchObject({ code: 'CROWDSEC_API_STATUS', status });
    expect(calls()).toHaveLength(1);
    await time.advance(MINUTE_MS);
    expect(calls().map((call) => call.status)).toEqual([status, 200]);
    expect(Math.min(...gaps())).toBeGreaterThanOrEqual(10 * SECOND_MS);
    expect(sandbox.calls.filter(({ path }) => path === '/v3/watchers/login')).toHaveLength(2);
    expect(sandbox.signals).toHaveLength(1);
  });

  it('is waited for a second at a time while the process whose turn it is does not answer', async () => {
    const jobs: string[] = [];
    const schedule: Scheduler['schedule'] = (name, delayMs, run) => {
      jobs.push(name);
      return time.scheduler.schedule(name, delayMs, run);
    };
    const crowdsec = await running({ scheduler: { schedule } });
    const [installation] = await readdir(stateDir);
    const leases = new FileLeases(join(stateDir, installation!, 'leases'), time.clock);
    const deadline = { signal: new AbortController().signal, extend: () => undefined };
    expect(await leases.take('signals', 'another process', 18 * SECOND_MS, deadline)).toBeDefined();
    for (let i = 0; i < 250; i++) crowdsec.report({ ip: ip(i), scenario });
    await time.advance(2 * SECOND_MS);
    jobs.length = 0;
    await time.advance(10 * SECOND_MS);
    expect(calls()).toEqual([]);
    const tries = jobs.filter((name) => name === 'crowdsec:signals').length;
    expect(tries).toBeGreaterThanOrEqual(9);
    expect(tries).toBeLessThanOrEqual(22);
    await time.advance(10 * SECOND_MS);
    expect(calls()).toHaveLength(1);
  });

  it('is kept by a stop on a store that could not note the end of a call, and what waits is sent', async () => {
    let failures = 0;
    const kept = new Map<string, unknown>();
    const store = new Keyv({
      store: {
        get: (key: string) => kept.get(key),
        set: (key: string, value: unknown) => {
          // From the moment that CAPI has the call, until it has failed once.
          if (calls().length === 1 && key.endsWith('signals') && failures++ === 0) throw new Error('no room');
          kept.set(key, value);
        },
        delete: (key: string) => kept.delete(key),
        clear: () => kept.clear(),
      },
    });
    const crowdsec = await running({ store, namespace: 'shop', stateDir: undefined });
    sandbox.faults.add({ path: '/v3/signals', cut: 'after' });
    crowdsec.report({ ip: ip(1), scenario });
    await expect(crowdsec.flushSignals()).rejects.toMatchObject({ code: 'CROWDSEC_API_UNREACHABLE' });
    expect(failures).toBe(1);
    await untilSettled(crowdsec.stop({ deadlineMs: 60 * SECOND_MS }), time);
    expect(calls()).toHaveLength(2);
    expect(gaps()[0]).toBeGreaterThanOrEqual(10 * SECOND_MS);
    expect(sandbox.signals.at(-1)?.signal.source.value).toBe(ip(1));
  });

  it('ends in an hour of rest when the fresh token is refused, too', async () => {
    const crowdsec = await running();
    crowdsec.report({ ip: ip(1), scenario });
    sandbox.faults.add({ path: '/v3/signals', status: 401, times: 2 });
    await time.advance(11 * MINUTE_MS, POLLED_EACH_MINUTE);
    expect(calls()).toHaveLength(2);
    expect(crowdsec.health().identity.stop).toMatchObject({ code: 'CROWDSEC_CALL_REFUSED' });
    await time.advance(2 * HOUR_MS, { strideMs: 5 * MINUTE_MS });
    expect(sandbox.signals).toHaveLength(1);
  });

  it(
    'holds for pushSignals of two processes with a slow server, and what CAPI took resolves',
    { timeout: 60_000 },
    async () => {
      let open = 0;
      let most = 0;
      // 60 s of the agents' time for each call: longer than any lease, unless it is prolonged.
      const slow: typeof fetch = async (input, init) => {
        if (typeof input !== 'string' || !input.endsWith('/v3/signals')) return fetch(input, init);
        most = Math.max(most, ++open);
        await new Promise<void>((resolve) => time.scheduler.schedule('server', 60 * SECOND_MS, resolve));
        return fetch(input, init).finally(() => open--);
      };
      const options = { fetch: slow, timeoutMs: 120_000 };
      const [first, second] = [await running(options), await running(options)];
      const pushed = Promise.all(
        [first, second].map((agent, n) =>
          agent.pushSignals(Array.from({ length: 300 }, (_, i) => ({ ip: ip(1_000 * n + i), scenario }))),
        ),
      );
      expect(await untilSettled(pushed, time, SECOND_MS)).toEqual([
        { accepted: 300, refused: [] },
        { accepted: 300, refused: [] },
      ]);
      expect(most).toBe(1);
      expect(sandbox.signals).toHaveLength(600);
      expect(Math.min(...gaps())).toBeGreaterThanOrEqual(10 * SECOND_MS);
    },
  );
});

describe.each([400, 413, 422])('an hour of %i to everything', (status) => {
  it('sets nothing aside, costs few calls, and ends with all delivered once', async () => {
    const crowdsec = await running();
    const outage = sandbox.faults.add({ path: '/v3/signals', status, times: Infinity });
    for (let i = 0; i < 300; i++) crowdsec.report({ ip: ip(i), scenario: i % 3 === 0 ? other : scenario });
    for (let i = 0; i < 100; i++) crowdsec.whisper({ ip: ip(i), scenario: other });
    await time.advance(HOUR_MS, { strideMs: 2 * MINUTE_MS });
    expect(crowdsec.health().signals).toMatchObject({ buffered: 400, poisoned: 0, sent: 0 });
    expect(await crowdsec.poisonedSignals()).toEqual([]);
    expect(calls().length).toBeLessThan(30);
    outage[Symbol.dispose]();
    await time.advance(15 * MINUTE_MS, POLLED_EACH_MINUTE);
    expect(new Set(sandbox.signals.map(({ signal }) => signal.uuid)).size).toBe(400);
    expect(sandbox.signals).toHaveLength(400);
    expect(Math.min(...gaps())).toBeGreaterThanOrEqual(10 * SECOND_MS);
  });

  it('makes pushSignals reject, after few calls', async () => {
    const crowdsec = await running();
    sandbox.faults.add({ path: '/v3/signals', status, times: Infinity });
    const pushed = crowdsec.pushSignals(Array.from({ length: 500 }, (_, i) => ({ ip: ip(i), scenario })));
    await expect(untilSettled(pushed, time, SECOND_MS)).rejects.toMatchObject({ code: 'CROWDSEC_API_STATUS', status });
    expect(calls().length).toBeLessThan(20);
  });
});

it.each([400, 500])(
  'a login that is answered %i makes pushSignals reject at once, by its own error',
  async (status) => {
    const outage = sandbox.faults.add({ path: '/v3/watchers/login', status, times: Infinity });
    const crowdsec = await running();
    const pushed = crowdsec.pushSignals([{ ip: ip(1), scenario }]);
    await expect(pushed).rejects.toMatchObject({ code: 'CROWDSEC_API_STATUS', status });
    expect(calls()).toEqual([]);
    outage[Symbol.dispose]();
  },
);

describe('signals that were set aside', () => {
  it('can be sent again, with their uuids, and are set aside again when they are still refused', async () => {
    const crowdsec = await running();
    let refused = [ip(3), ip(40)];
    sandbox.rejectSignals(({ source }) => (refused.includes(source.value) ? 'refused' : undefined));
    for (let i = 0; i < 60; i++) crowdsec.report({ ip: ip(i), scenario });
    await time.advance(30 * MINUTE_MS, POLLED_EACH_MINUTE);
    const aside = await crowdsec.poisonedSignals();
    expect(aside.map(({ signal }) => signal.source.value).sort()).toEqual([ip(3), ip(40)]);

    refused = [ip(3)];
    expect(await crowdsec.retryPoisoned()).toEqual({ retried: 2, left: 0 });
    expect(await crowdsec.poisonedSignals()).toEqual([]);
    crowdsec.report({ ip: ip(99), scenario });
    await time.advance(30 * MINUTE_MS, POLLED_EACH_MINUTE);
    const [again, ...others] = await crowdsec.poisonedSignals();
    expect(others).toEqual([]);
    expect(again).toMatchObject({ signal: { source: { value: ip(3) } } });
    const uuid = aside.find(({ signal }) => signal.source.value === ip(40))?.signal.uuid;
    expect(sandbox.signals.map(({ signal }) => signal.uuid)).toContain(uuid);
    expect(await (await running()).retryPoisoned()).toEqual({ retried: 1, left: 0 });
  });

  it('stay where they are as far as the buffer has no room for them', async () => {
    const crowdsec = await running({ bufferSize: 250 });
    sandbox.rejectSignals(({ source }) => (source.value === ip(3) ? 'refused' : undefined));
    for (let i = 0; i < 20; i++) crowdsec.report({ ip: ip(i), scenario });
    await time.advance(20 * MINUTE_MS, POLLED_EACH_MINUTE);
    expect(await crowdsec.poisonedSignals()).toHaveLength(1);
    for (let i = 0; i < 250; i++) crowdsec.report({ ip: ip(100 + i), scenario });
    expect(await crowdsec.retryPoisoned()).toEqual({ retried: 0, left: 1 });
    expect(await crowdsec.poisonedSignals()).toHaveLength(1);
  });
});
