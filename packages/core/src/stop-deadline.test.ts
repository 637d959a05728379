import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startSandbox, type Sandbox } from '@crowdsec-sdk/sandbox';
import KeyvRedis from '@keyv/redis';
import Keyv from 'keyv';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { startRedis } from '../../../tools/redis-server.mjs';
import type { Crowdsec } from './agent.js';
import { createCrowdsec } from './crowdsec.js';
import { silentLogger } from './logger.js';
import type { CrowdsecOptions } from './options.js';
import { manualTime } from './testing/manual-time.js';
import { removeFolder } from '../test/remove-folder.js';

const scenario = 'acme/login-bruteforce';
const DEADLINE_MS = 1_000;
/** Far more than the machine may add; with a deadline of a minute these take 6.7 to 20 s. */
const LATEST_MS = 5_500;

let sandbox: Sandbox;
let stateDir: string;
let lines: string[];

beforeEach(async () => {
  sandbox = await startSandbox();
  stateDir = await mkdtemp(join(tmpdir(), 'crowdsec-sdk-test-'));
  lines = [];
});

afterEach(async () => {
  sandbox.faults.clear();
  await sandbox.stop();
  await removeFolder(stateDir);
});

/** A started agent by the machine's time. */
async function started(options: Partial<CrowdsecOptions>): Promise<Crowdsec> {
  const say = (line: string): void => void lines.push(line);
  const crowdsec = createCrowdsec({
    apiUrl: sandbox.url,
    scenarios: [scenario],
    logger: { debug: () => undefined, info: say, warn: say, error: say },
    ...options,
  });
  await crowdsec.start();
  return crowdsec;
}

async function stopMs(crowdsec: Crowdsec): Promise<number> {
  const startedAt = performance.now();
  await crowdsec.stop({ deadlineMs: DEADLINE_MS });
  return performance.now() - startedAt;
}

describe('stop, with one deadline over all parts', () => {
  it.each([
    ['login', '/v3/watchers/login'],
    ['registration', '/v3/watchers'],
    ['call with signals', '/v3/signals'],
    ['pull', '/v3/decisions/stream'],
  ])('breaks a %s off that hangs, and keeps the signals', async (_, path) => {
    sandbox.faults.add({ path, delayMs: 60_000, times: Infinity });
    const crowdsec = await started({ stateDir });
    await crowdsec.report({ ip: '203.0.113.7', scenario }).stored;
    const flight = crowdsec.flushSignals().catch((error: unknown) => error);
    expect(await stopMs(crowdsec)).toBeLessThan(LATEST_MS);
    await flight;
    if (path === '/v3/decisions/stream') return;
    expect(lines).toContainEqual(expect.stringContaining('1 signals wait in the journal'));

    sandbox.faults.clear();
    const next = await started({ stateDir });
    expect(next.health().signals.buffered).toBe(1);
    await next.stop({ deadlineMs: DEADLINE_MS });
  });

  it(
    'does not wait for each of the calls to a Redis that is mute, and says what is lost',
    { timeout: 60_000 },
    async () => {
      const redis = await startRedis();
      const keyv = new Keyv(new KeyvRedis({ socket: { path: redis.socket, tls: false } }));
      try {
        const crowdsec = await started({ store: keyv, namespace: 'shop' });
        await crowdsec.report({ ip: '203.0.113.7', scenario }).stored;
        redis.pause();
        for (let i = 0; i < 5; i++) {
          crowdsec.decide({ ip: `203.0.113.${100 + i}`, scenario });
          crowdsec.report({ ip: `203.0.113.${200 + i}`, scenario });
          await new Promise((resolve) => setTimeout(resolve, 150));
        }
        expect(await stopMs(crowdsec)).toBeLessThan(LATEST_MS);
        expect(lines).toContainEqual(expect.stringContaining('1 signals wait in the journal'));
        expect(lines).toContainEqual(expect.stringContaining('5 signals are lost'));
      } finally {
        redis.resume();
        await (keyv.store as KeyvRedis<unknown>).disconnect(true);
        await redis.dispose();
      }
    },
  );

  it('does not wait for extensions and hooks that never end', async () => {
    const crowdsec = await started({
      stateDir,
      extensions: [1, 2, 3].map((n) => ({
        name: `slow-${n}`,
        apiVersion: 1 as const,
        dispose: () => new Promise<void>(() => undefined),
      })),
    });
    crowdsec.report({ ip: '203.0.113.7', scenario });
    expect(await stopMs(crowdsec)).toBeLessThan(LATEST_MS);
    expect(lines.join()).not.toContain('lost');
  });
});

it('of an agent that is still starting leaves nothing behind that probes the store', async () => {
  const time = manualTime();
  let answer: () => void = () => undefined;
  const asked = new Promise<undefined>((resolve) => (answer = () => resolve(undefined)));
  const slow = Object.assign(new Keyv(), { get: () => asked });
  const crowdsec = createCrowdsec({
    apiUrl: sandbox.url,
    store: slow,
    namespace: 'shop',
    scheduler: time.scheduler,
    clock: time.clock,
    logger: silentLogger,
  });
  const starting = crowdsec.start();
  const stopping = crowdsec.stop({ deadlineMs: DEADLINE_MS });
  await time.advance(DEADLINE_MS);
  answer();
  await Promise.all([starting, stopping]);
  await time.advance(0);
  expect(time.pending()).toEqual([]);
});
