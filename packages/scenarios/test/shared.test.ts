import KeyvRedis from '@keyv/redis';
import { createCrowdsec, silentLogger, type Crowdsec } from '@crowdsec-sdk/core';
import { startSandbox, type Sandbox } from '@crowdsec-sdk/sandbox';
import Keyv from 'keyv';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { startRedis, type RedisServer } from '../../../tools/redis-server.mjs';
import { scenarios } from '../src/index.js';

const ATTACKER = '203.0.113.66';

let redis: RedisServer;
let sandbox: Sandbox;
let agents: { readonly crowdsec: Crowdsec; readonly store: Keyv }[];

beforeEach(async () => {
  [redis, sandbox, agents] = [await startRedis(), await startSandbox(), []];
});

afterEach(async () => {
  for (const { crowdsec, store } of agents) {
    await crowdsec.stop();
    await store.disconnect();
  }
  await sandbox.stop();
  await redis.dispose();
});

/** An agent of an installation whose processes share a Redis. */
async function agent({ shared }: { readonly shared: boolean }): Promise<Crowdsec> {
  const store = new Keyv(new KeyvRedis({ socket: { path: redis.socket, tls: false } }));
  const crowdsec = createCrowdsec({
    apiUrl: sandbox.url,
    store,
    namespace: 'shop',
    logger: silentLogger,
    extensions: scenarios({ vendor: 'acme', only: ['login-bruteforce'], shared }),
  });
  agents.push({ crowdsec, store });
  await crowdsec.start();
  return crowdsec;
}

async function failedLogins(count: number, ...crowdsecs: readonly Crowdsec[]): Promise<void> {
  for (let i = 0; i < count; i++) {
    const crowdsec = crowdsecs[i % crowdsecs.length]!;
    crowdsec.observe('app:login-failed', { ip: ATTACKER, user: 'alice' });
    await crowdsec.runDue();
  }
}

const bans = (crowdsecs: readonly Crowdsec[]): string[] =>
  crowdsecs.map((crowdsec) => crowdsec.getIpRemediation(ATTACKER).remediation);

describe('an attacker who spreads over two processes', () => {
  it('is found where they count together, and banned in both', async () => {
    const both = [await agent({ shared: true }), await agent({ shared: true })];
    await failedLogins(10, ...both);
    expect(bans(both)).toEqual(['bypass', 'bypass']);
    await failedLogins(1, ...both);
    await expect.poll(() => bans(both)).toEqual(['ban', 'ban']);
  });

  it('is not found by either alone', async () => {
    const both = [await agent({ shared: false }), await agent({ shared: false })];
    await failedLogins(20, ...both);
    expect(bans(both)).toEqual(['bypass', 'bypass']);
  });
});
