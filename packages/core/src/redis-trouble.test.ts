import { startSandbox, type Sandbox } from '@crowdsec-sdk/sandbox';
import KeyvRedis, { createClient } from '@keyv/redis';
import Keyv from 'keyv';
import { setTimeout as delay } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { type RedisServer, startRedis } from '../../../tools/redis-server.mjs';
import type { Crowdsec } from './agent.js';
import { createCrowdsec } from './crowdsec.js';
import { silentLogger } from './logger.js';
import { manualTime, type ManualTime } from './testing/manual-time.js';

const SECOND_MS = 1_000;
const HOUR_MS = 3_600 * SECOND_MS;
const BANNED = '198.51.100.7';
/** While Redis is away each call to it takes so long: more than a busy machine may add to one, or the store would have failed before. */
const SHORT_TIMEOUT_MS = 1_000;
/** Where Redis answers no test waits for a deadline. */
const LONG_TIMEOUT_MS = 20_000;
/** While the store does not answer, each call to it takes its whole deadline; minutes of polls are not looked at: the polls are few. */
const SELDOM_POLLED = { strideMs: 10 * SECOND_MS };

/** A Redis and a CAPI of its own for each test: they run beside each other, for most of the time they wait for a deadline of the store. */
interface TestEnvironment extends AsyncDisposable {
  readonly redis: RedisServer;
  readonly sandbox: Sandbox;
  readonly time: ManualTime;
  readonly warnings: readonly string[];
  /** An agent of one installation on the common Redis. */
  agent(): Crowdsec;
  /** One that has pulled. */
  running(): Promise<Crowdsec>;
  readonly count: (path: string) => number;
  deliveredUuids(): ReadonlySet<string>;
  flushAll(): Promise<void>;
  /** Lets time pass, for the agent and for Redis and its client, until something is so. */
  readonly until: (isSo: () => boolean) => Promise<void>;
}

async function openTestEnvironment(storeTimeoutMs: number): Promise<TestEnvironment> {
  const redis = await startRedis({ appendOnly: true });
  const time = manualTime(Date.UTC(2026, 10, 22, 12));
  const sandbox = await startSandbox({ clock: time.clock });
  sandbox.decisions.add([{ value: BANNED }]);
  const agents: { readonly agent: Crowdsec; readonly keyv: Keyv }[] = [];
  const warnings: string[] = [];
  const until = async (isSo: () => boolean): Promise<void> => {
    for (let tries = 0; !isSo(); tries++) {
      if (tries > 300) throw new Error('It never came to that.');
      await time.advance(10 * SECOND_MS, SELDOM_POLLED);
      await delay(10);
    }
  };
  const agent = (): Crowdsec => {
    const keyv = new Keyv(new KeyvRedis({ socket: { path: redis.socket, tls: false } }));
    const created = createCrowdsec({
      apiUrl: sandbox.url,
      store: keyv,
      namespace: 'shop',
      storeTimeoutMs,
      scenarios: ['acme/login-bruteforce'],
      clock: time.clock,
      scheduler: time.scheduler,
      logger: { ...silentLogger, warn: (message) => warnings.push(message) },
    });
    agents.push({ agent: created, keyv });
    return created;
  };
  return {
    redis,
    sandbox,
    time,
    warnings,
    until,
    agent,
    async running() {
      const started = agent();
      await started.start();
      await until(() => started.getIpRemediation(BANNED).remediation === 'ban');
      return started;
    },
    count: (path) => sandbox.calls.filter((call) => call.path === path).length,
    deliveredUuids: () => new Set(sandbox.signals.map(({ signal }) => signal.uuid ?? '')),
    async flushAll() {
      const client = await createClient({ socket: { path: redis.socket, tls: false } }).connect();
      await client.flushAll();
      client.destroy();
    },
    async [Symbol.asyncDispose]() {
      redis.resume();
      for (const { agent: each, keyv } of agents) {
        await each.stop({ deadlineMs: 0 });
        await (keyv.store as KeyvRedis<unknown>).disconnect(true);
      }
      await sandbox.stop();
      await redis.dispose();
    },
  };
}

/** Reports an address, and says when that is stored. */
function report(crowdsec: Crowdsec, ip: string): { readonly uuid: string; isStored: boolean } {
  const receipt = crowdsec.report({ ip, scenario: 'acme/login-bruteforce' });
  if (receipt.status !== 'buffered') throw new Error(`The report was ${receipt.status}.`);
  const result = { uuid: receipt.uuid, isStored: false };
  void receipt.stored.then(() => (result.isStored = true));
  return result;
}

describe.concurrent.each<[string, (redis: RedisServer) => unknown, (redis: RedisServer) => unknown]>([
  ['stopped', (redis) => redis.stop('SIGKILL'), (redis) => redis.start()],
  ['paused', (redis) => redis.pause(), (redis) => redis.resume()],
])('while Redis is %s', { timeout: 60_000 }, (_, takeAway, bringBack) => {
  it('requests are served, reports are taken at once, nothing is spent, and all is caught up with later', async () => {
    await using environment = await openTestEnvironment(SHORT_TIMEOUT_MS);
    const { redis, sandbox, time, until, count } = environment;
    const crowdsec = await environment.running();
    const before = report(crowdsec, '20.0.0.1');
    await time.advance(SECOND_MS);
    expect(before.isStored).toBe(true);
    const calls = sandbox.calls.length;

    await takeAway(redis);
    const askedAt = performance.now();
    const during = Array.from({ length: 300 }, (_value, n) => report(crowdsec, `20.1.${n >> 8}.${n & 255}`));
    expect(crowdsec.getIpRemediation(BANNED).remediation).toBe('ban');
    // If each waited for the store, they would take 300 times as long.
    expect(performance.now() - askedAt).toBeLessThan(10 * SHORT_TIMEOUT_MS);
    // The token has run out by then, a pull is due, and the signals have waited long enough.
    time.jump(5 * HOUR_MS);
    await time.advance(20 * SECOND_MS, SELDOM_POLLED);
    expect(during.filter(({ isStored }) => isStored)).toEqual([]);
    await expect(crowdsec.refreshDecisions()).rejects.toMatchObject({ code: 'CROWDSEC_STORE_UNAVAILABLE' });
    await expect(crowdsec.flushSignals()).rejects.toMatchObject({ code: 'CROWDSEC_STORE_UNAVAILABLE' });
    expect(sandbox.calls.length).toBe(calls);
    expect(crowdsec.getIpRemediation(BANNED).remediation).toBe('ban');

    await bringBack(redis);
    const all = [before, ...during];
    await until(() => all.every(({ isStored }) => isStored) && sandbox.signals.length >= all.length);
    expect(environment.deliveredUuids()).toEqual(new Set(all.map(({ uuid }) => uuid)));
    expect(sandbox.signals).toHaveLength(all.length);
    await until(() => count('/v3/decisions/stream') === 2);
    expect([sandbox.machines.length, count('/v3/watchers'), count('/v3/watchers/login')]).toEqual([1, 1, 2]);
  });
});

describe.concurrent('when Redis', { timeout: 60_000 }, () => {
  it('is started again, what was stored before is sent, by another agent if need be', async () => {
    await using environment = await openTestEnvironment(LONG_TIMEOUT_MS);
    const { redis, sandbox, time, count } = environment;
    const crowdsec = await environment.running();
    const reports = ['20.0.0.1', '20.0.0.2'].map((ip) => report(crowdsec, ip));
    await time.advance(SECOND_MS);
    expect(reports.every(({ isStored }) => isStored)).toBe(true);
    await redis.stop('SIGKILL');
    await redis.start();
    await environment.agent().start();
    await environment.until(() => sandbox.signals.length >= 2);
    expect(environment.deliveredUuids()).toEqual(new Set(reports.map(({ uuid }) => uuid)));
    expect([sandbox.machines.length, count('/v3/watchers/login'), count('/v3/decisions/stream')]).toEqual([1, 1, 1]);
  });

  it('is emptied, a process that starts seconds later is the same machine, although nobody has called since', async () => {
    await using environment = await openTestEnvironment(LONG_TIMEOUT_MS);
    const { sandbox, count } = environment;
    await environment.running();
    await environment.flushAll();
    await environment.until(() => environment.warnings.some((text) => text.includes('has lost the credentials')));
    const other = environment.agent();
    await other.start();
    await environment.until(() => other.health().status === 'ok');
    expect(other.health().identity).toMatchObject({ identity: 'validated', machineId: sandbox.machines[0]?.machineId });
    expect([sandbox.machines.length, count('/v3/watchers/login'), count('/v3/decisions/stream')]).toEqual([1, 1, 1]);
  });

  it('is emptied, the machine stays the same, and the network is asked for nothing sooner', async () => {
    await using environment = await openTestEnvironment(LONG_TIMEOUT_MS);
    const { sandbox, count } = environment;
    const crowdsec = await environment.running();
    await environment.flushAll();
    expect(await crowdsec.refreshDecisions()).toMatchObject({ status: 'skipped' });
    const after = report(crowdsec, '20.0.0.1');
    await environment.until(() => sandbox.signals.length === 1);
    expect(environment.deliveredUuids()).toEqual(new Set([after.uuid]));

    const other = environment.agent();
    await other.start();
    await environment.until(() => other.health().status === 'ok');
    expect(other.health().identity).toMatchObject({ identity: 'validated', machineId: sandbox.machines[0]?.machineId });
    expect([sandbox.machines.length, count('/v3/watchers/login'), count('/v3/decisions/stream')]).toEqual([1, 1, 1]);
    expect(environment.warnings).toContainEqual(expect.stringContaining('has lost the credentials'));
  });
});
