import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startSandbox, type Sandbox } from '@crowdsec-sdk/sandbox';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { startRedis, type RedisServer } from '../../../../tools/redis-server.mjs';
import type { Crowdsec } from '../agent.js';
import { createCrowdsec } from '../crowdsec.js';
import type { Logger } from '../logger.js';
import type { CrowdsecOptions } from '../options.js';
import { manualTime, type ManualTime } from '../testing/manual-time.js';
import { removeFolder } from '../../test/remove-folder.js';

const MINUTE_MS = 60_000;
const LONG_MS = 30 * MINUTE_MS;
const SHOP: CrowdsecOptions = { scenarios: ['shop/login-bruteforce', 'shop/coupon'] };
const FORUM: CrowdsecOptions = { scenarios: ['forum/spam'] };
/** Given, for an agent that finds no machine on a Redis waits 4 s of real time before it registers one. */
const MACHINE = { machineId: 'shop'.repeat(12), password: 'S3cret-of-the-shop' };

interface Running {
  readonly agent: Crowdsec;
  /** What it said of others. */
  readonly said: string[];
}

let sandbox: Sandbox;
let time: ManualTime;
let redis: RedisServer;
let stateDir: string;
let running: Running[];

beforeEach(async () => {
  time = manualTime(Date.UTC(2026, 10, 22, 12));
  sandbox = await startSandbox({ clock: time.clock });
  sandbox.seedMachine(MACHINE);
  redis = await startRedis({ tcp: true });
  stateDir = await mkdtemp(join(tmpdir(), 'crowdsec-sdk-test-'));
  running = [];
});
afterEach(async () => {
  for (const { agent } of running) await agent.stop({ deadlineMs: 0 });
  await sandbox.stop();
  await redis.dispose();
  await removeFolder(stateDir);
});

const PLACES: Readonly<Record<string, () => CrowdsecOptions>> = {
  files: () => ({ stateDir }),
  Redis: () => ({ store: `redis://127.0.0.1:${redis.port}`, namespace: 'default', credentials: MACHINE }),
};

async function start(options: CrowdsecOptions): Promise<Running> {
  const said: string[] = [];
  const logger: Logger = {
    debug: () => undefined,
    info: () => undefined,
    warn: (message, data) => void (data?.code === 'NAMESPACE_SHARED' && said.push(message)),
    error: () => undefined,
  };
  const { clock, scheduler } = time;
  const agent = createCrowdsec({ apiUrl: sandbox.url, clock, scheduler, logger, ...options });
  const started = { agent, said };
  running.push(started);
  await agent.start();
  return started;
}

/** Lets time pass from one look of the watch to the next. */
const pass = (ms: number): Promise<void> => time.advance(ms, { strideMs: 2 * MINUTE_MS });
const problems = ({ agent }: Running): readonly string[] =>
  agent
    .health()
    .problems.filter(({ code }) => code === 'NAMESPACE_SHARED')
    .map(({ message }) => message);

describe.each(Object.entries(PLACES))('Applications that share a namespace in %s', (_, place) => {
  it('are told of each other, once, with the cure, and by health until one has ended', async () => {
    const shop = await start({ ...SHOP, ...place() });
    const forum = await start({ ...FORUM, ...place() });
    await pass(LONG_MS);
    expect(shop.said).toEqual([expect.stringContaining('it reports forum/spam as csnodecapi.')]);
    expect(forum.said).toEqual([
      expect.stringMatching(/namespace 'default' .* it reports shop\/coupon, shop\/login-bruteforce as csnodecapi\./),
    ]);
    for (const each of [shop, forum]) {
      expect(each.said[0]).toContain('Give each a `namespace` of its own');
      expect(problems(each)).toEqual(each.said);
      expect(each.agent.health().status).toBe('degraded');
    }
    await forum.agent.stop();
    await pass(10 * MINUTE_MS);
    expect(problems(shop)).toEqual([]);
    await pass(LONG_MS);
    expect([shop.said.length, forum.said.length]).toEqual([1, 1]);
  });

  it('are told apart by the name of their product, too, and not by its version', async () => {
    const shop = await start({ ...SHOP, ...place(), userAgentSuffix: 'Shop', userAgentVersion: 'v1.0.0' });
    const newer = await start({ ...SHOP, ...place(), userAgentSuffix: 'Shop', userAgentVersion: 'v2.0.0' });
    await pass(LONG_MS);
    expect([problems(shop), problems(newer)]).toEqual([[], []]);
    const other = await start({ ...SHOP, ...place(), userAgentSuffix: 'Forum' });
    await pass(LONG_MS);
    for (const each of [shop, newer]) expect(problems(each)).toEqual([expect.stringContaining('csnodecapi_Forum')]);
    expect(problems(other)).toEqual([expect.stringContaining('csnodecapi_Shop')]);
  });

  it('are not told of while one is deployed: the new version runs beside the old one for a while', async () => {
    const old = await start({ ...SHOP, ...place() });
    await pass(LONG_MS);
    const young = await start({ scenarios: [...SHOP.scenarios!, 'shop/scan'], ...place() });
    await pass(10 * MINUTE_MS);
    await old.agent.stop();
    await pass(LONG_MS);
    const next = await start({ scenarios: ['shop/all'], ...place() });
    await pass(10 * MINUTE_MS);
    await young.agent.stop();
    await pass(LONG_MS);
    expect(running.flatMap(({ said }) => said)).toEqual([]);
    expect(problems(next)).toEqual([]);
  });

  it('are one when they are workers of the same', async () => {
    for (let i = 0; i < 4; i++) await start({ scenarios: [...SHOP.scenarios!].reverse(), ...place() });
    await start({ ...SHOP, ...place() });
    await pass(LONG_MS);
    expect(running.flatMap(({ said }) => said)).toEqual([]);
    expect(running.flatMap(problems)).toEqual([]);
  });

  it('are not told of by turns when both come and go', async () => {
    for (let i = 0; i < 6; i++) {
      const one = await start({ ...(i % 2 === 0 ? SHOP : FORUM), ...place() });
      await pass(20 * MINUTE_MS);
      await one.agent.stop();
    }
    expect(running.flatMap(({ said }) => said)).toEqual([]);
  });
});

describe('Applications with a namespace or a folder each', () => {
  it('are not told of', async () => {
    await start({ ...SHOP, stateDir, namespace: 'shop' });
    await start({ ...FORUM, stateDir, namespace: 'forum' });
    await start({ ...FORUM, stateDir: join(stateDir, 'forum') });
    await pass(LONG_MS);
    expect(running.flatMap(({ said }) => said)).toEqual([]);
  });
});
