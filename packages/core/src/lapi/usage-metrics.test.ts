import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { startSandbox, type Sandbox, type SandboxLapi } from '@crowdsec-sdk/sandbox';
import type { Crowdsec } from '../agent.js';
import { createCrowdsec } from '../crowdsec.js';
import { silentLogger } from '../logger.js';
import type { CrowdsecOptions } from '../options.js';
import { manualTime, type ManualTime } from '../testing/manual-time.js';
import { removeFolder } from '../../test/remove-folder.js';

const QUARTER = 15 * 60_000;
/** A day in which little happens, in steps of minutes rather than seconds. */
const IN_MINUTES = { strideMs: 300_000 };

let time: ManualTime;
let sandbox: Sandbox;
let lapi: SandboxLapi;
let agents: Crowdsec[];

beforeEach(async () => {
  time = manualTime();
  agents = [];
  sandbox = await startSandbox({ lapi: true, clock: time.clock });
  lapi = sandbox.lapi!;
});
afterEach(async () => {
  for (const agent of agents) await agent.stop();
  await sandbox.stop();
});

async function agent(
  options: CrowdsecOptions = {},
  lapiOptions: Partial<CrowdsecOptions['lapi']> = {},
): Promise<Crowdsec> {
  const crowdsec = createCrowdsec({
    lapi: { url: lapi.url, apiKey: lapi.addBouncer('shop'), updateIntervalMs: 600_000, ...lapiOptions },
    ephemeral: true,
    logger: silentLogger,
    userAgentSuffix: 'Shop',
    userAgentVersion: 'v1.2.3',
    remedies: { captcha: () => ({ status: 401, headers: {}, body: 'solve this' }) },
    clock: time.clock,
    scheduler: time.scheduler,
    ...options,
  });
  agents.push(crowdsec);
  await crowdsec.start();
  return crowdsec;
}

/** So many requests of one client. */
function visits(crowdsec: Crowdsec, ip: string | undefined, times: number): void {
  for (let n = 0; n < times; n++) {
    crowdsec.bouncer.inspect({ method: 'GET', path: '/', headers: {}, remoteAddress: ip });
  }
}

interface Item {
  readonly name: string;
  readonly value: number;
  readonly unit: string;
  readonly labels: Readonly<Record<string, string>>;
}
interface Told {
  readonly meta: { readonly window_size_seconds: number; readonly utc_now_timestamp: number };
  readonly items: readonly Item[];
}
/** What each accepted push said. */
const told = (): readonly Told[] => lapi.usageMetrics.map(({ metrics }) => (metrics as Told[])[0]!);
const requests = ({ items }: Told): readonly Item[] => items.filter(({ unit }) => unit === 'request');
const pushes = (): readonly number[] =>
  lapi.calls.filter(({ path }) => path === '/v1/usage-metrics').map(({ status }) => status ?? 0);
const processed = (ip_type: string, value: number): Item => ({
  name: 'processed',
  value,
  unit: 'request',
  labels: { ip_type },
});
const dropped = (origin: string, ip_type: string, value: number): Item => ({
  name: 'dropped',
  value,
  unit: 'request',
  labels: { origin, ip_type },
});

/** An agent with decisions of CAPI and of a list. */
async function guarded(): Promise<Crowdsec> {
  sandbox.decisions.add([{ value: '8.8.4.4' }, { value: '2a00:1450::1' }]);
  sandbox.blocklists.set('tor', { lines: ['8.8.8.8'], remediation: 'captcha' });
  const crowdsec = await agent({ apiUrl: sandbox.url });
  await crowdsec.refreshDecisions();
  return crowdsec;
}

describe('usage metrics', () => {
  it('tell each quarter of an hour what became of requests since the last push that LAPI took', async () => {
    const crowdsec = await guarded();
    visits(crowdsec, '8.8.4.4', 120);
    visits(crowdsec, '8.8.8.8', 3);
    visits(crowdsec, '9.9.9.9', 1_000);
    lapi.faults.add({ path: '/v1/usage-metrics', cut: 'before' });

    await time.advance(QUARTER);
    expect(told()).toEqual([]);
    visits(crowdsec, '2a00:1450::1', 2);
    await time.advance(QUARTER);

    expect(told()).toHaveLength(1);
    expect(requests(told()[0]!)).toEqual([
      dropped('CAPI', 'ipv4', 120),
      dropped('CAPI', 'ipv6', 2),
      dropped('lists:tor', 'ipv4', 3),
      processed('ipv4', 1_123),
      processed('ipv6', 2),
    ]);
    expect(told()[0]!.meta).toEqual({
      window_size_seconds: 1_800,
      utc_now_timestamp: Math.floor(time.clock.now() / 1000),
    });

    visits(crowdsec, '8.8.4.4', 1);
    await time.advance(QUARTER);
    expect(requests(told()[1]!)).toEqual([dropped('CAPI', 'ipv4', 1), processed('ipv4', 1)]);
    expect(told()[1]!.meta.window_size_seconds).toBe(900);
  });

  it('name the component, its version and when it started, in seconds', async () => {
    const startedAt = time.clock.now();
    await agent();
    await time.advance(QUARTER);

    expect(lapi.usageMetrics).toMatchObject([
      {
        type: 'crowdsec-sdk-node-bouncer',
        name: 'Shop',
        version: 'v1.2.3',
        feature_flags: [],
        utc_startup_timestamp: startedAt / 1000,
        os: { name: expect.any(String), version: expect.any(String) },
      },
    ]);
  });

  it('tell how many decisions are held, and that none are when they have gone', async () => {
    const crowdsec = await guarded();
    await time.advance(QUARTER);
    const held = ({ items }: Told): readonly Item[] => items.filter(({ name }) => name === 'active_decisions');
    expect(held(told()[0]!)).toEqual([
      { name: 'active_decisions', value: 1, unit: 'ip', labels: { origin: 'CAPI', ip_type: 'ipv4' } },
      { name: 'active_decisions', value: 1, unit: 'ip', labels: { origin: 'CAPI', ip_type: 'ipv6' } },
      { name: 'active_decisions', value: 1, unit: 'ip', labels: { origin: 'lists:tor', ip_type: 'ipv4' } },
    ]);

    sandbox.decisions.remove(['2a00:1450::1']);
    await time.advance(3 * 3_600_000);
    expect(await crowdsec.refreshDecisions()).toMatchObject({ deleted: 1 });
    await time.advance(2 * QUARTER);
    const ipv6 = told().flatMap((push) => held(push).filter(({ labels }) => labels.ip_type === 'ipv6'));
    expect(ipv6.slice(-2).map(({ value }) => value)).toEqual([1, 0]);
  });

  it('count what was done: a request that is let through in spite of a decision is processed alone', async () => {
    sandbox.blocklists.set('tor', { lines: ['8.8.8.8'], remediation: 'captcha' });
    const crowdsec = await agent({ apiUrl: sandbox.url, remedies: { captcha: () => 'pass' }, mode: 'enforce' });
    await crowdsec.refreshDecisions();
    visits(crowdsec, '8.8.8.8', 5);
    visits(crowdsec, undefined, 2);
    await time.advance(QUARTER);

    expect(requests(told()[0]!)).toEqual([
      processed('ipv4', 5),
      { name: 'processed', value: 2, unit: 'request', labels: {} },
    ]);
  });

  it('count nobody as refused in `mode: log`', async () => {
    sandbox.decisions.add([{ value: '8.8.4.4' }]);
    const crowdsec = await agent({ apiUrl: sandbox.url, mode: 'log' });
    await crowdsec.refreshDecisions();
    visits(crowdsec, '8.8.4.4', 5);
    await time.advance(QUARTER);

    expect(requests(told()[0]!)).toEqual([processed('ipv4', 5)]);
  });

  it('tell at the stop what is left, and nothing when nothing is', async () => {
    const crowdsec = await agent();
    visits(crowdsec, '9.9.9.9', 7);
    await crowdsec.stop();
    expect(requests(told()[0]!)).toEqual([processed('ipv4', 7)]);

    const idle = await agent();
    await idle.stop();
    expect(pushes()).toEqual([201]);
  });

  it('are quiet towards an engine that knows none, and try again a day later', async () => {
    await sandbox.stop();
    sandbox = await startSandbox({ lapi: { engine: '1.4.6' }, clock: time.clock });
    lapi = sandbox.lapi!;
    const lines: string[] = [];
    const note = (line: string): void => void lines.push(line);
    const logger = { debug: () => undefined, info: note, warn: note, error: note };
    const crowdsec = await agent({ logger });
    visits(crowdsec, '9.9.9.9', 7);
    await time.advance(23 * 3_600_000, IN_MINUTES);
    expect(pushes()).toEqual([404]);
    await time.advance(3 * 3_600_000, IN_MINUTES);
    expect(pushes()).toEqual([404, 404]);
    expect(lines.filter((line) => /metrics/i.test(line))).toEqual([]);
    await crowdsec.stop();
    expect(pushes()).toEqual([404, 404]);
  });

  it('leave out what LAPI refuses, for the same would be refused again', async () => {
    const crowdsec = await agent();
    lapi.faults.add({ path: '/v1/usage-metrics', status: 422, body: { message: 'validation failure list' } });
    visits(crowdsec, '9.9.9.9', 7);
    await time.advance(QUARTER);
    visits(crowdsec, '9.9.9.9', 1);
    await time.advance(QUARTER);

    expect(pushes()).toEqual([422, 201]);
    expect(requests(told()[0]!)).toEqual([processed('ipv4', 1)]);
  });

  it('go on counting over a key that is refused for a while', async () => {
    const crowdsec = await agent();
    lapi.faults.add({ path: '/v1/usage-metrics', status: 403, body: { message: 'access forbidden' }, times: 3 });
    for (let n = 0; n < 4; n++) {
      visits(crowdsec, '9.9.9.9', 10);
      await time.advance(QUARTER);
    }
    expect(requests(told()[0]!)).toEqual([processed('ipv4', 40)]);
  });

  it('are not told with `usageMetrics: false`', async () => {
    const crowdsec = await agent({}, { usageMetrics: false });
    visits(crowdsec, '9.9.9.9', 7);
    await time.advance(2 * QUARTER);
    await crowdsec.stop();
    expect(pushes()).toEqual([]);
  });

  it('are told by runDue() for a host whose timers do not run', async () => {
    const crowdsec = await agent({ scheduler: { schedule: () => ({ [Symbol.dispose]: () => undefined }) } });
    visits(crowdsec, '9.9.9.9', 7);
    await crowdsec.runDue();
    expect(pushes()).toEqual([]);
    await time.advance(QUARTER);
    await crowdsec.runDue();
    expect(requests(told()[0]!)).toEqual([processed('ipv4', 7)]);
  });

  it('of several processes with one key are told in different seconds, and what is held by one of them', async () => {
    const stateDir = await mkdtemp(join(tmpdir(), 'crowdsec-usage-'));
    sandbox.decisions.add([{ value: '8.8.4.4' }]);
    const apiKey = lapi.addBouncer('shop');
    const shared = { apiUrl: sandbox.url, stateDir, ephemeral: false };
    const processes = [];
    for (let n = 0; n < 3; n++) processes.push(await agent(shared, { apiKey }));
    await processes[0]!.refreshDecisions();
    for (const one of processes) visits(one, '9.9.9.9', 5);
    await time.advance(QUARTER, { strideMs: 1_000 });

    expect(told().map((push) => requests(push))).toEqual(processes.map(() => [processed('ipv4', 5)]));
    const seconds = told().map(({ meta }) => meta.utc_now_timestamp);
    expect(new Set(seconds).size).toBe(3);
    expect(told().filter(({ items }) => items.some(({ name }) => name === 'active_decisions'))).toHaveLength(1);
    for (const one of agents) await one.stop();
    await removeFolder(stateDir);
  });
});
