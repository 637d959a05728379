import { createClient } from '@keyv/redis';
import { appendFile, mkdtemp, readdir, readFile, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type RedisServer, startRedis } from '../../../../tools/redis-server.mjs';
import { silentLogger } from '../logger.js';
import { manualTime } from '../testing/manual-time.js';
import { openStore } from './open-store.js';
import type { JournalEntry, JsonValue, Store } from './store.js';

const entry = (n: number): { id: string; value: JsonValue } => ({ id: `id-${n}`, value: { n } });
const entries = (from: number, to: number): { id: string; value: JsonValue }[] =>
  Array.from({ length: to - from }, (_, index) => entry(from + index));
const idsOf = (read: readonly JournalEntry[]): string[] => read.map(({ id }) => id);
const isObject = (value: JsonValue): boolean => typeof value === 'object' && !Array.isArray(value);

let warnings: string[];
beforeEach(() => {
  warnings = [];
});
const opening = () => ({
  namespace: 'shop',
  apiRoot: 'https://a.example',
  clock: manualTime(Date.now()).clock,
  logger: { ...silentLogger, warn: (message: string) => warnings.push(message) },
});

describe('a damaged journal in files', () => {
  let stateDir: string;
  let opened: Store[];
  const open = (): Store => {
    const store = openStore({ ...opening(), stateDir });
    opened.push(store);
    return store;
  };
  const folder = async (): Promise<string> => join(stateDir, (await readdir(stateDir))[0] ?? '', 'journal');
  const segments = async (): Promise<string[]> =>
    (await readdir(await folder())).filter((name) => /\.(open|sealed)$/.test(name)).sort();
  const segmentFile = async (): Promise<string> => join(await folder(), (await segments())[0] ?? '');
  beforeEach(async () => {
    stateDir = await mkdtemp(join(tmpdir(), 'crowdsec-journal-damage-'));
    opened = [];
  });
  afterEach(async () => {
    for (const store of opened) await store.close();
    await rm(stateDir, { recursive: true });
  });

  it('gives the entries beside one that was damaged after it was seen, counts that one, and keeps its file', async () => {
    const [store, other] = [open(), open()];
    await store.journal.append(entries(0, 3));
    expect(await other.journal.size()).toBe(3);
    const file = await segmentFile();
    await writeFile(file, (await readFile(file, 'utf8')).replace('{"id":"id-1"', '#'.repeat(12)));
    expect(idsOf(await other.journal.read(10))).toEqual(['id-0', 'id-2']);
    expect(idsOf(await other.journal.read(1))).toEqual(['id-0']);
    expect(await other.journal.size()).toBe(2);
    expect(other.journal.damaged).toBe(1);
    expect(warnings.filter((text) => text.includes('1 damaged entry'))).toHaveLength(1);
    await other.journal.acknowledge(await other.journal.read(10));
    await store.close();
    await other.journal.acknowledge([entry(9)]);
    expect((await readdir(await folder())).filter((name) => name.includes('.damaged-'))).toHaveLength(1);
    expect(await open().journal.size()).toBe(0);
  });

  it.each([
    ['null', '\nnull\n'],
    ['an entry that is null', '\n{"id":"bad","value":null}\n'],
    ['not JSON', '\n{"id":"bad","val\n'],
    ['no entry', '\n[1,2]\n"text"\n7\n{"id":5,"value":{}}\n'],
    ['what its reader cannot use', '\n{"id":"bad","value":"text"}\n'],
  ])('gives the entries beside one that is %s, also to a process that starts then', async (_, line) => {
    const store = open();
    await store.journal.append([entry(0)]);
    await appendFile(await segmentFile(), line);
    await store.journal.append([entry(1)]);
    for (const reader of [store, open()]) {
      expect(idsOf(await reader.journal.read(1, isObject))).toEqual(['id-0']);
      expect(idsOf(await reader.journal.read(10, isObject))).toEqual(['id-0', 'id-1']);
      expect(await reader.journal.size()).toBe(2);
    }
    expect(store.journal.damaged).toBeGreaterThan(0);
    expect(warnings.length).toBeGreaterThan(0);
    await store.journal.acknowledge(entries(0, 2));
    expect(await open().journal.size()).toBe(0);
  });

  it.each([0, 55])(
    'cut off to %i bytes: what follows is stored apart, found by all, and acknowledged apart',
    async (length) => {
      const [store, other] = [open(), open()];
      await store.journal.append(entries(0, 10));
      expect(await other.journal.size()).toBe(10);
      await truncate(await segmentFile(), length);
      await store.journal.append(entries(10, 12));
      const kept = length === 0 ? [] : ['id-0'];
      for (const reader of [other, store, open()]) {
        expect(idsOf(await reader.journal.read(50))).toEqual([...kept, 'id-10', 'id-11']);
      }
      await other.journal.acknowledge([entry(11)]);
      expect(idsOf(await open().journal.read(50))).toEqual([...kept, 'id-10']);
    },
  );

  it('passes over a line without an end', async () => {
    const store = open();
    await store.journal.append([entry(0)]);
    await appendFile(await segmentFile(), 'x'.repeat(40 << 20));
    await store.journal.append([entry(1)]);
    expect(idsOf(await open().journal.read(10))).toEqual(['id-0', 'id-1']);
  });
});

describe('a damaged journal in redis', () => {
  let redis: RedisServer;
  let opened: Store[];
  const connect = () => createClient({ socket: { path: redis.socket, tls: false } }).connect();
  let client: Awaited<ReturnType<typeof connect>>;
  const open = (): Store => {
    const store = openStore({ ...opening(), store: `redis://127.0.0.1:${redis.port}` });
    opened.push(store);
    return store;
  };
  const keyOf = async (part: string): Promise<string> =>
    `${(await client.keys('*::*'))[0]?.split('::')[0] ?? ''}::journal:${part}`;
  beforeAll(async () => {
    redis = await startRedis({ tcp: true });
    client = await connect();
  });
  beforeEach(async () => {
    await client.flushAll();
    opened = [];
  });
  afterEach(async () => {
    for (const store of opened) await store.close();
  });
  afterAll(async () => {
    client.destroy();
    await redis.dispose();
  });

  it.each([
    ['null', 'null'],
    ['not JSON', '{"n":'],
    ['emptied', ''],
    ['no text', Buffer.from([0xff, 0xfe, 0x00])],
    ['what its reader cannot use', '"text"'],
    ['far too long', Buffer.alloc(9 << 20, 0x31)],
  ])('gives the entries beside one that is %s to all, and counts it', async (_, bad) => {
    const [store, other] = [open(), open()];
    await store.journal.append(entries(0, 3));
    await client.hSet(await keyOf('values'), 'id-1', bad);
    expect(idsOf(await store.journal.read(1, isObject))).toEqual(['id-0']);
    expect(idsOf(await other.journal.read(10, isObject))).toEqual(['id-0', 'id-2']);
    expect(await other.journal.size()).toBe(2);
    expect(store.journal.damaged + other.journal.damaged).toBe(1);
    expect(warnings).toEqual([expect.stringContaining('1 damaged entry')]);
  });

  it('goes past thousands of entries that are damaged, at most a thousand of which are kept', async () => {
    const store = open();
    await store.journal.append(entries(0, 2_000));
    const values = await keyOf('values');
    for (const { id } of entries(0, 2_000)) client.hSet(values, id, 'null').catch(() => undefined);
    await store.journal.append(entries(2_000, 2_002));
    expect(idsOf(await store.journal.read(1))).toEqual(['id-2000']);
    expect(store.journal.damaged).toBe(2_000);
    expect(await client.hLen(await keyOf('damaged'))).toBe(1_000);
  });

  it('goes past ids without a value, and sends values without a place', async () => {
    const store = open();
    await store.journal.append(entries(0, 300));
    await client.hDel(
      await keyOf('values'),
      entries(0, 250).map(({ id }) => id),
    );
    expect(await store.journal.waiting(['id-0', 'id-299'])).toEqual(['id-299']);
    expect(await store.journal.size()).toBe(50);
    expect(await store.journal.read(10)).toHaveLength(10);
    await client.zRem(await keyOf('order'), ['id-260', 'id-270']);
    expect(new Set(idsOf(await store.journal.read(100)))).toEqual(new Set(entries(250, 300).map(({ id }) => id)));
  });

  it.each(['order', 'values', 'counter'])('goes on when %s is of another type, or gone', async (part) => {
    const [store, other] = [open(), open()];
    await store.journal.append(entries(0, 2));
    const key = await keyOf(part);
    await client.del(key);
    await store.journal.append([entry(2)]);
    expect(idsOf(await other.journal.read(10))).toContain('id-2');
    await client.del(key);
    if (part === 'counter') await client.set(key, 'garbage');
    else await client.set(key, 'x');
    await store.journal.append([entry(3)]);
    const read = await other.journal.read(10);
    expect(idsOf(read)).toContain('id-3');
    expect(await other.journal.replace([{ id: 'id-3', value: { n: 33 } }])).toEqual([]);
    await other.journal.acknowledge(await other.journal.read(10));
    expect(await store.journal.size()).toBe(0);
  });
});
