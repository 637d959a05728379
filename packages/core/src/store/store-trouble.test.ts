import KeyvRedis, { createClient } from '@keyv/redis';
import Keyv from 'keyv';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { connect, createServer, type Server } from 'node:net';
import { once } from 'node:events';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { freePort, type RedisServer, startRedis } from '../../../../tools/redis-server.mjs';
import { systemClock } from '../clock.js';
import { silentLogger } from '../logger.js';
import { manualTime } from '../testing/manual-time.js';
import { openStore } from './open-store.js';
import { StoreWatch } from './store-watch.js';
import type { Store } from './store.js';

let warnings: string[];
beforeEach(() => {
  warnings = [];
});
const opening = () => ({
  namespace: 'shop',
  apiRoot: 'https://a.example',
  clock: systemClock,
  logger: { ...silentLogger, warn: (message: string) => warnings.push(message) },
});
const codesOf = (store: Store): string[] => store.problems.map(({ code }) => code);

async function ask(server: RedisServer, ...command: string[]): Promise<void> {
  const client = await createClient({ socket: { path: server.socket, tls: false } }).connect();
  await client.sendCommand(command);
  client.destroy();
}

describe('a store that answers and takes no writes', () => {
  let redis: RedisServer;
  beforeEach(async () => {
    redis = await startRedis({ tcp: true });
  });
  afterEach(() => redis.dispose());

  it.each([
    ['is full', ['CONFIG', 'SET', 'maxmemory', '1'], ['CONFIG', 'SET', 'maxmemory', '0'], /OOM/],
    ['is a replica', ['REPLICAOF', '127.0.0.1', '1'], ['REPLICAOF', 'NO', 'ONE'], /READONLY/],
    [
      'misses its replicas',
      ['CONFIG', 'SET', 'min-replicas-to-write', '1'],
      ['CONFIG', 'SET', 'min-replicas-to-write', '0'],
      /NOREPLICAS/,
    ],
  ])(
    'says so while Redis %s, whatever is read or removed meanwhile, until it takes one',
    async (_, cause, cure, reply) => {
      const store = openStore({ ...opening(), store: `redis://127.0.0.1:${redis.port}` });
      await store.put('token', 1);
      const lease = await store.lease('signals', 60_000);
      await ask(redis, ...cause);
      await expect(store.probe()).rejects.toThrow(reply);
      await store.get('token');
      await store.delete('poisoned').catch(() => undefined);
      await lease?.release().catch(() => undefined);
      expect([store.reachable, store.writable]).toEqual([true, false]);
      expect(codesOf(store)).toEqual(['STORE_NOT_WRITABLE']);
      expect(store.problems[0]?.message).toMatch(reply);
      await ask(redis, ...cure);
      await expect.poll(() => store.probe().then(() => codesOf(store))).toEqual([]);
      expect(store.writable).toBe(true);
      await store.close();
    },
  );

  it('says so when the folder cannot be written, and a watch tells it once, also that it is over', async () => {
    const stateDir = await mkdtemp(join(tmpdir(), 'crowdsec-trouble-'));
    const time = manualTime();
    const infos: string[] = [];
    const logger = { ...opening().logger, info: (message: string) => infos.push(message) };
    const store = openStore({ ...opening(), logger, stateDir });
    await store.put('token', 1);
    const folder = store.description.replace('files in ', '');
    await rm(folder, { recursive: true });
    const watch = new StoreWatch({ store, scheduler: time.scheduler, logger });
    await watch.start();
    expect(store.problems).toEqual([]);
    await rm(folder, { recursive: true });
    await writeFile(folder, '');
    await time.advance(10_000);
    await expect.poll(() => codesOf(store)).toEqual(['STORE_NOT_WRITABLE']);
    await time.advance(10_000);
    await rm(folder);
    await time.advance(2_000);
    await expect.poll(() => codesOf(store)).toEqual([]);
    await expect.poll(() => infos).toEqual([expect.stringContaining('takes writes again')]);
    expect(warnings).toEqual([expect.stringContaining('ENOTDIR')]);
    watch.stop();
    await rm(stateDir, { recursive: true });
  });
});

describe('a failover of Redis behind one name', () => {
  let servers: RedisServer[];
  let name: Server;
  let port: number;
  let url: string;
  beforeEach(async () => {
    servers = [await startRedis({ tcp: true }), await startRedis({ tcp: true })];
    port = servers[0]?.port ?? 0;
    name = createServer((socket) => {
      const onward = connect(port, '127.0.0.1');
      socket.pipe(onward).pipe(socket);
      for (const end of [socket, onward]) {
        end.on('error', () => undefined).on('close', () => (socket.destroy(), onward.destroy()));
      }
    }).listen(0, '127.0.0.1');
    await once(name, 'listening');
    const address = name.address();
    url = `redis://127.0.0.1:${typeof address === 'object' ? address?.port : ''}`;
  });
  afterEach(async () => {
    for (const server of servers) {
      server.resume();
      await server.dispose();
    }
    name.close();
  });

  const stores: readonly [string, (deadlineMs: number) => Promise<{ store: Store; end: () => Promise<unknown> }>][] = [
    [
      'a URL',
      (deadlineMs) => {
        const store = openStore({ ...opening(), store: url, deadlineMs });
        return Promise.resolve({ store, end: () => store.close() });
      },
    ],
    [
      'a Keyv of the user',
      (deadlineMs) => {
        const keyv = new Keyv(new KeyvRedis(url));
        const store = openStore({ ...opening(), store: keyv, deadlineMs });
        const end = () => store.close().then(() => (keyv.store as KeyvRedis<unknown>).disconnect(true));
        return Promise.resolve({ store, end });
      },
    ],
  ];

  it.each(stores)('is followed from a master that lives on as a replica, by %s', async (_, open) => {
    const { store, end } = await open(20_000);
    await store.put('token', 1);
    const [first, second] = servers as [RedisServer, RedisServer];
    await ask(first, 'REPLICAOF', '127.0.0.1', String(await freePort()));
    await expect(store.put('token', 2)).rejects.toThrow(/READONLY/);
    port = second.port;
    await expect.poll(() => store.put('token', 3).catch(() => 'refused')).toBeUndefined();
    expect(await store.get('token')).toBe(3);
    expect(codesOf(store)).toEqual([]);
    await end();
  });

  it.each(stores)('is followed from a master that fell silent, by %s', async (_, open) => {
    const { store, end } = await open(1_000);
    await store.put('token', 1);
    const [first, second] = servers as [RedisServer, RedisServer];
    first.pause();
    await expect(store.put('token', 2)).rejects.toMatchObject({ code: 'CROWDSEC_STORE_UNAVAILABLE' });
    port = second.port;
    await expect.poll(() => store.put('token', 3).catch(() => 'refused')).toBeUndefined();
    expect(await store.get('token')).toBe(3);
    expect(warnings.filter((text) => text.includes('reconnect your client')).length).toBeLessThanOrEqual(1);
    await end();
  });
});
