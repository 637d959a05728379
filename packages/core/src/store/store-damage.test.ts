import { createClient } from '@keyv/redis';
import { mkdir, mkdtemp, readdir, readFile, rm, truncate, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type RedisServer, startRedis } from '../../../../tools/redis-server.mjs';
import { silentLogger } from '../logger.js';
import { manualTime, type ManualTime } from '../testing/manual-time.js';
import { openStore } from './open-store.js';
import type { JsonValue, Store, StoreKey } from './store.js';

const API = { namespace: 'shop', apiRoot: 'https://a.example' };
const damages: readonly [string, (text: string) => string][] = [
  ['emptied', () => ''],
  ['cut in half', (text) => text.slice(0, text.length / 2)],
  ['garbage', () => '\u0000\u0001{]garbage'],
  ['null', () => 'null'],
  ['of the wrong type', () => '"text"'],
  ['of the wrong type inside', () => '{"value":7,"n":"7"}'],
];
/** What the tests store and accept: an object with a number `n`. */
const parse = (value: JsonValue): { n: number } | undefined =>
  typeof value === 'object' && value !== null && 'n' in value && typeof value.n === 'number'
    ? { n: value.n }
    : undefined;
const unavailable = { code: 'CROWDSEC_STORE_UNAVAILABLE' };

let time: ManualTime;
let warnings: string[];
beforeEach(() => {
  time = manualTime(Date.now());
  warnings = [];
});
const opening = () => ({
  ...API,
  clock: time.clock,
  logger: { ...silentLogger, warn: (message: string) => warnings.push(message) },
});

/** What every store that is shared does with damage. */
function describeDamage(
  open: () => Store,
  place: {
    damage(key: string, change: (text: string) => string): Promise<void>;
    copies(key: string): Promise<readonly string[]>;
  },
): void {
  it.each(damages)('tells a budget that is %s from a missing one, to all, until it is written', async (_, change) => {
    const [store, other] = [open(), open()];
    await store.put('session', { n: 1 });
    await place.damage('session', change);
    for (const reader of [store, other, store, open()]) {
      expect(await reader.read('session', parse)).toMatchObject({ state: 'damaged' });
    }
    expect(await place.copies('session')).toHaveLength(1);
    expect(warnings.filter((text) => text.includes(`'session'`)).length).toBe(3);
    expect(warnings[0]).toContain('spent');
    expect(store.reachable).toBe(true);
    const lease = await store.lease('login', 60_000);
    await lease?.put('session', { n: 2 });
    expect(await other.read('session', parse)).toEqual({ state: 'present', value: { n: 2 } });
    expect(await place.copies('session')).toHaveLength(1);
  });

  it.each(damages)('reads a cache that is %s as damaged, and takes the next', async (_, change) => {
    const store = open();
    await store.put('token', { n: 1 });
    await place.damage('token', change);
    expect(await store.read('token', parse)).toMatchObject({ state: 'damaged' });
    await store.put('token', { n: 2 });
    expect(await store.read('token', parse)).toEqual({ state: 'present', value: { n: 2 } });
  });

  it.each(damages)('neither guesses nor overwrites an identity that is %s', async (_, change) => {
    const store = open();
    await store.put('credentials', { n: 1 });
    await place.damage('credentials', change);
    await expect(store.read('credentials', parse)).rejects.toMatchObject(unavailable);
    await expect(store.put('credentials', { n: 2 })).rejects.toMatchObject(unavailable);
    const lease = await store.lease('login', 60_000);
    await expect(lease?.put('credentials', { n: 2 })).rejects.toMatchObject(unavailable);
    expect(store.problems).toMatchObject([{ code: 'STORE_DAMAGED' }]);
    expect(store.reachable).toBe(true);
    expect(await place.copies('credentials')).toEqual([]);
    await place.damage('credentials', () => '');
    await expect(store.read('credentials', parse)).rejects.toMatchObject(unavailable);
    await store.delete('credentials');
    await store.put('credentials', { n: 3 });
    expect(await store.read('credentials', parse)).toEqual({ state: 'present', value: { n: 3 } });
    expect(store.problems).toEqual([]);
  });

  it.each([
    ...damages,
    ['of another format', () => '{"format":2}'] as const,
    ['of 9 PB', (text: string) => text.replace(/"length":\d+/, '"length":9000000000000000')] as const,
  ])('reads a blob whose manifest is %s as damaged, and takes the next', async (_, change) => {
    const [store, other] = [open(), open()];
    await store.putBlob('decisions', { head: { pulledAt: 5 }, chunks: [new Uint8Array(10)] });
    await place.damage('decisions', change);
    expect(await store.readBlob('decisions', (blob) => blob)).toMatchObject({ state: 'damaged' });
    expect(await other.blobVersion('decisions')).toBeUndefined();
    expect((await place.copies('decisions')).length).toBeGreaterThan(0);
    const lease = await other.lease('refresh', 60_000);
    await lease?.putBlob('decisions', { head: { pulledAt: 6 }, chunks: [new Uint8Array(3)] });
    expect(await store.readBlob('decisions', ({ head }) => head)).toEqual({ state: 'present', value: { pulledAt: 6 } });
    await place.damage('decisions', change);
    await store.delete('decisions');
    expect(await store.readBlob('decisions', (blob) => blob)).toEqual({ state: 'absent' });
  });

  it('still tells the head of a blob whose content its reader refuses, and no version of it', async () => {
    const [store, other] = [open(), open()];
    await store.putBlob('decisions', { head: { pulledAt: 5 }, chunks: [new Uint8Array(10)] });
    const refuse = (): never => {
      throw new Error('a pointer leads nowhere');
    };
    const found = { state: 'damaged', head: { pulledAt: 5 } };
    expect(await store.readBlob('decisions', refuse)).toMatchObject(found);
    expect(await other.blobVersion('decisions')).toBeUndefined();
    expect(await other.readBlob('decisions', (blob) => blob)).toMatchObject(found);
    await other.putBlob('decisions', { head: 6, chunks: [] });
    expect(await store.readBlob('decisions', ({ head }) => head)).toEqual({ state: 'present', value: 6 });
  });
}

describe('damage in files', () => {
  let stateDir: string;
  let root: string;
  let opened: Store[];
  const open = (): Store => {
    const store = openStore({ ...opening(), stateDir });
    opened.push(store);
    return store;
  };
  const folder = (key: string): string => join(root, key === 'decisions' ? 'blobs' : 'values');
  const fileOf = (key: string): string => join(folder(key), `${key}.json`);
  beforeEach(async () => {
    stateDir = await mkdtemp(join(tmpdir(), 'crowdsec-damage-'));
    opened = [];
    await open().put('token', 0);
    root = join(stateDir, (await readdir(stateDir))[0] ?? '');
  });
  afterEach(async () => {
    for (const store of opened) await store.close();
    await rm(stateDir, { recursive: true });
  });

  describeDamage(open, {
    damage: async (key, change) => writeFile(fileOf(key), change(await readFile(fileOf(key), 'utf8'))),
    copies: async (key) => (await readdir(folder(key))).filter((name) => name.startsWith(`${key}.json.damaged-`)),
  });

  it('is a folder in the place of a file, or a file of petabytes', async () => {
    const store = open();
    await mkdir(fileOf('session'));
    expect(await store.read('session', parse)).toMatchObject({ state: 'damaged' });
    expect(await open().read('session', parse)).toMatchObject({ state: 'damaged' });
    await store.put('session', { n: 1 });
    await writeFile(fileOf('token'), '');
    await truncate(fileOf('token'), 2 ** 43);
    expect(await store.read('token', parse)).toMatchObject({ state: 'damaged' });
  });

  it.each(damages)('is a lease that is %s: held for its length, then free, with a greater token', async (_, change) => {
    const store = open();
    const first = await store.lease('signals', 5_000);
    const file = join(root, 'leases', 'signals.json');
    await writeFile(file, change(await readFile(file, 'utf8')));
    const now = time.clock.now() / 1_000;
    await utimes(file, now, now);
    expect(await open().lease('signals', 5_000)).toBeUndefined();
    await expect(first?.put('signals', 1)).rejects.toMatchObject({ code: 'CROWDSEC_LEASE_BUSY' });
    await time.advance(5_001);
    const next = await store.lease('signals', 5_000);
    expect(next?.token).toBeGreaterThan(first?.token ?? Infinity);
    await next?.put('signals', 1);
  });

  it.each([
    ['a file', (path: string) => writeFile(path, 'garbage')],
    ['a folder with something in it', (path: string) => mkdir(join(path, 'inside'), { recursive: true })],
  ])('is %s in the place of a lock', async (_, put) => {
    const store = open();
    await (await store.lease('signals', 1_000))?.release();
    const lock = join(root, 'leases', 'signals.lock');
    await put(lock);
    await utimes(lock, 0, 0);
    expect(await store.lease('signals', 1_000)).toBeDefined();
  });

  it('leaves no temporary files of killed processes, once they are old enough to be theirs', async () => {
    const store = open();
    const [old, young] = ['credentials.json.123456', 'credentials.json.7'].map((name) => join(root, 'values', name));
    for (const file of [old ?? '', young ?? '']) await writeFile(file, '{"password":"secret"}');
    await utimes(old ?? '', 0, 0);
    await store.probe();
    const names = await readdir(join(root, 'values'));
    expect(names).toContain('credentials.json.7');
    expect(names.filter((name) => name.includes('123456') || name.startsWith('probe'))).toEqual([]);
  });
});

describe('damage in redis', () => {
  let redis: RedisServer;
  const connect = () => createClient({ socket: { path: redis.socket, tls: false } }).connect();
  let client: Awaited<ReturnType<typeof connect>>;
  let opened: Store[];
  const open = (): Store => {
    const store = openStore({ ...opening(), store: `redis://127.0.0.1:${redis.port}` });
    opened.push(store);
    return store;
  };
  beforeAll(async () => {
    redis = await startRedis({ tcp: true });
    client = await connect();
  });
  beforeEach(async () => {
    await client.flushAll();
    opened = [];
    await open().put('token', 0);
  });
  afterEach(async () => {
    for (const store of opened) await store.close();
  });
  afterAll(async () => {
    client.destroy();
    await redis.dispose();
  });
  const keyOf = async (key: string): Promise<string> =>
    `${((await client.keys('*::token'))[0] ?? '').slice(0, -5)}${key}`;
  const keys: readonly StoreKey[] = ['token', 'session', 'signals', 'refresh', 'poisoned', 'extension:acme/x'];

  describeDamage(open, {
    async damage(key, change) {
      const name = await keyOf(key);
      await client.set(name, change((await client.get(name)) ?? ''));
    },
    copies: (key) => client.keys(`*::${key}:damaged-*`),
  });

  it.each(keys)('is a value of another type of Redis, or far too long: %s', async (key) => {
    const store = open();
    const name = await keyOf(key);
    await client.del(name);
    await client.lPush(name, 'x');
    expect(await store.read(key, parse)).toMatchObject({ state: 'damaged' });
    await store.put(key, { n: 1 });
    expect(await store.read(key, parse)).toEqual({ state: 'present', value: { n: 1 } });
    await client.setRange(name, 40 << 20, 'x');
    expect(await store.read(key, parse)).toMatchObject({ state: 'damaged' });
  });

  it('is a lease that has no end, or is no string, and a counter that does not count', async () => {
    const store = open();
    const first = await store.lease('signals', 300);
    await first?.release();
    await client.set(await keyOf('lease:signals'), 'garbage');
    await client.set(await keyOf('lease-token:signals'), 'garbage');
    expect(await store.lease('signals', 300)).toBeUndefined();
    await expect
      .poll(() => store.lease('signals', 300).then((lease) => lease?.token))
      .toBeGreaterThan(first?.token ?? Infinity);
    await client.del(await keyOf('lease:signals'));
    await client.lPush(await keyOf('lease:signals'), 'x');
    expect(await store.lease('signals', 300)).toBeUndefined();
    await expect.poll(() => store.lease('signals', 300)).toBeDefined();
  });
});
