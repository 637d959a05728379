import KeyvRedis, { createClient } from '@keyv/redis';
import Keyv from 'keyv';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { type RedisServer, startRedis } from '../../../../tools/redis-server.mjs';
import { describeStore, type StoreKind } from '../../test/store-conformance.js';
import { systemClock } from '../clock.js';
import { type Logger, silentLogger } from '../logger.js';
import { openStore } from './open-store.js';
import type { Store } from './store.js';

const shop = { namespace: 'shop', apiRoot: 'https://api.crowdsec.net', clock: systemClock };

const keyvOn = (redis: RedisServer): Keyv => new Keyv(new KeyvRedis({ socket: { path: redis.socket, tls: false } }));

describe('with a server', () => {
  let redis: RedisServer;
  beforeAll(async () => {
    redis = await startRedis();
  });
  afterAll(() => redis.dispose());

  const clientOf = () => createClient({ socket: { path: redis.socket, tls: false } }).connect();

  describeStore('keyv on redis', true, async (): Promise<StoreKind> => {
    const client = await clientOf();
    await client.flushAll();
    const store = new Keyv(new KeyvRedis(client));
    return {
      open: (options) => openStore({ ...options, store }),
      passTime: (ms) => delay(ms),
      dispose: () => store.disconnect(),
    };
  });

  describe('beside other users', () => {
    let keyv: Keyv;
    let store: Store;
    beforeEach(() => {
      keyv = keyvOn(redis);
      store = openStore({ ...shop, logger: silentLogger, store: keyv });
    });
    afterEach(() => keyv.disconnect());

    it('outlives a clear() of the Keyv that it came with', async () => {
      await store.put('credentials', 'kept');
      await store.putBlob('decisions', { head: 'kept', chunks: [new Uint8Array(5)] });
      await keyv.set('cached', 1);
      await keyv.clear();
      keyv.namespace = undefined;
      await keyv.clear();
      expect(await store.get('credentials')).toBe('kept');
      expect((await store.getBlob('decisions'))?.head).toBe('kept');
    });

    it('has every key in one slot of a cluster, under one prefix', async () => {
      await store.put('token', 1);
      await store.putBlob('decisions', { head: 1, chunks: [new Uint8Array(5)] });
      await store.journal.append([{ id: 'a', value: 1 }]);
      await store.lease('refresh', 1_000);
      const client = await clientOf();
      const keys = await client.keys('*');
      const slots = new Set(
        await Promise.all(keys.map((key) => client.sendCommand(['CLUSTER', 'KEYSLOT', key]).catch(() => 0))),
      );
      client.destroy();
      expect(keys.length).toBeGreaterThan(5);
      expect(slots.size).toBe(1);
      expect(keys.filter((key) => !/^\{crowdsec-sdk:shop:api\.crowdsec\.net-[0-9a-f]{12}\}::/.test(key))).toEqual([]);
    });

    it('leaves nothing of the versions of a blob that were replaced', async () => {
      for (let round = 0; round < 5; round++)
        await store.putBlob('decisions', { head: round, chunks: [new Uint8Array(5)] });
      const client = await clientOf();
      const pieces = (await client.keys('*::decisions:*')).sort();
      const lasting = (await Promise.all(pieces.map((key) => client.pTTL(key)))).filter((ttl) => ttl < 0);
      client.destroy();
      expect(pieces.length).toBeGreaterThan(1);
      expect(lasting).toHaveLength(1);
    });

    it('leaves nothing of a blob that was deleted', async () => {
      await store.putBlob('decisions', { head: 1, chunks: [new Uint8Array(2 << 20)] });
      const client = await clientOf();
      await store.delete('decisions');
      const pieces = await client.keys(`*::decisions:${'?'.repeat(24)}:*`);
      const lasting = await Promise.all(pieces.map((key) => client.pTTL(key)));
      client.destroy();
      expect(lasting.filter((ttl) => ttl < 0 || ttl > 30_000)).toEqual([]);
    });

    it('turns values into text as the Keyv does', async () => {
      const secret = new Keyv(new KeyvRedis({ socket: { path: redis.socket, tls: false } }), {
        serialize: (data) => Buffer.from(JSON.stringify(data)).toString('hex'),
        deserialize: (text) => JSON.parse(Buffer.from(text, 'hex').toString()) as never,
      });
      const other = openStore({ ...shop, namespace: 'secret', logger: silentLogger, store: secret });
      await other.put('credentials', { password: 'hunter2' });
      expect(await other.get('credentials')).toEqual({ password: 'hunter2' });
      const client = await clientOf();
      const [key = ''] = await client.keys('*:secret:*::credentials');
      expect(await client.get(key)).toMatch(/^[0-9a-f]+$/);
      client.destroy();
      await secret.disconnect();
    });

    it('rejects a blob whose bytes were changed', async () => {
      await store.putBlob('decisions', { head: 1, chunks: [new Uint8Array(5)] });
      const version = (await store.blobVersion('decisions')) ?? '';
      const client = await clientOf();
      const [piece = ''] = await client.keys(`*${version}:0`);
      await client.setRange(piece, 2, 'x');
      await expect(store.getBlob('decisions')).rejects.toMatchObject({ code: 'CROWDSEC_STORE_UNAVAILABLE' });
      await client.del(piece);
      await expect(store.getBlob('decisions')).rejects.toMatchObject({ code: 'CROWDSEC_STORE_UNAVAILABLE' });
      client.destroy();
    });
  });
});

describe('redis out of reach', () => {
  // What a call takes while Redis is away: more than a busy machine may add to one that is answered.
  const deadlineMs = 1_000;
  let redis: RedisServer;
  let keyv: Keyv;
  let warnings: string[];
  let store: Store;
  beforeEach(async () => {
    redis = await startRedis({ appendOnly: true });
    keyv = keyvOn(redis);
    warnings = [];
    const logger: Logger = { ...silentLogger, warn: (message) => warnings.push(message) };
    store = openStore({ ...shop, logger, store: keyv, deadlineMs });
  });
  afterEach(async () => {
    await redis.dispose();
    await (keyv.store as KeyvRedis<unknown>).disconnect(true);
  });

  const unavailable = { code: 'CROWDSEC_STORE_UNAVAILABLE' };

  async function expectAllToReject(): Promise<void> {
    const before = performance.now();
    const calls = [
      () => store.get('credentials'),
      () => store.put('token', 'late'),
      () => store.delete('credentials'),
      () => store.getBlob('decisions'),
      () => store.putBlob('decisions', { head: 1, chunks: [new Uint8Array(10)] }),
      () => store.blobVersion('decisions'),
      () => store.lease('refresh', 60_000),
      () => store.journal.append([{ id: 'late', value: 1 }]),
      () => store.journal.read(1),
      () => store.journal.acknowledge([{ id: 'a', value: 1 }]),
      () => store.journal.replace([{ id: 'a', value: 1 }]),
      () => store.journal.waiting(['a']),
      () => store.journal.size(),
      () => store.pour!('trap', { capacity: 1, leakMs: 1, blackholeMs: 0, maxGroups: 2 }, { group: 'a', at: 0 }),
    ];
    const results = await Promise.allSettled(calls.map((call) => call()));
    expect(performance.now() - before).toBeLessThan(deadlineMs * 20);
    for (const result of results) expect(result).toMatchObject({ status: 'rejected', reason: unavailable });
  }

  const eventually = (run: () => Promise<unknown>): Promise<unknown> => vi.waitFor(run, { timeout: 20_000 });

  it('is an error of every call, never a missing value, while the server is stopped; nothing of it happens later', async () => {
    await store.put('credentials', 'kept');
    await redis.stop('SIGKILL');
    await expectAllToReject();
    await redis.start();
    await eventually(() => store.blobVersion('decisions'));
    expect(await store.get('credentials')).toBe('kept');
    expect(await store.get('token')).toBeUndefined();
    expect(await store.journal.size()).toBe(0);
    expect(await store.lease('refresh', 1_000)).toBeDefined();
    expect(warnings.filter((text) => text.startsWith('The store reports'))).toHaveLength(1);
  });

  it('is an error from the start, and heals', async () => {
    await redis.stop();
    await expectAllToReject();
    await redis.start();
    await eventually(() => store.put('token', 1));
    expect(await store.get('token')).toBe(1);
  });

  it('is an error of every call while the server hangs; a lease taken too late is given back', async () => {
    await store.put('credentials', 'kept');
    redis.pause();
    await expect(store.lease('refresh', 60_000)).rejects.toMatchObject(unavailable);
    await expect(store.get('credentials')).rejects.toMatchObject(unavailable);
    expect(store.reachable).toBe(false);
    redis.resume();
    await eventually(async () => expect(await store.lease('refresh', 60_000)).toBeDefined());
    expect(store.reachable).toBe(true);
    expect(await store.get('credentials')).toBe('kept');
  });

  it('is an error of every call on a Keyv that swallows errors by itself', async () => {
    await redis.stop();
    const quiet = new KeyvRedis(
      { socket: { path: redis.socket, tls: false, reconnectStrategy: false } },
      { throwOnConnectError: false },
    );
    const hidden = { get: (key: string) => quiet.get(key), set: (key: string, value: string) => quiet.set(key, value) };
    const adapter = {
      ...hidden,
      delete: (key: string) => quiet.delete(key),
      clear: () => quiet.clear(),
      on: quiet.on.bind(quiet),
    };
    const plain = openStore({ ...shop, logger: silentLogger, store: new Keyv({ store: adapter }), deadlineMs });
    await expect(plain.get('credentials')).rejects.toMatchObject(unavailable);
    await expect(plain.put('credentials', 1)).rejects.toMatchObject(unavailable);
  });
});
