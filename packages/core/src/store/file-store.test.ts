import {
  appendFile,
  mkdir,
  mkdtemp,
  readdir,
  readFile,
  rename,
  rm,
  stat,
  truncate,
  utimes,
  writeFile,
} from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { silentLogger } from '../logger.js';
import { manualTime } from '../testing/manual-time.js';
import { openStore } from './open-store.js';
import type { JournalEntry, Store } from './store.js';

const unavailable = { code: 'CROWDSEC_STORE_UNAVAILABLE' };

describe('files', () => {
  let stateDir: string;
  let time: ReturnType<typeof manualTime>;
  let store: Store;
  let opened: Store[];
  const open = (deadlineMs = 20_000): Store => {
    const { clock } = time;
    const another = openStore({
      namespace: 'shop',
      apiRoot: 'https://a.example/',
      stateDir,
      clock,
      logger: silentLogger,
      deadlineMs,
    });
    opened.push(another);
    return another;
  };
  beforeEach(async () => {
    stateDir = await mkdtemp(join(tmpdir(), 'crowdsec-files-'));
    time = manualTime();
    opened = [];
    store = open();
  });
  afterEach(async () => {
    for (const each of opened) await each.close();
    await rm(stateDir, { recursive: true });
  });

  const inStore = async (...path: string[]): Promise<string> =>
    join(stateDir, (await readdir(stateDir))[0] ?? '', ...path);
  const journalFiles = async (): Promise<string[]> => readdir(await inStore('journal'));

  it('are for this user alone', async () => {
    await store.put('credentials', 'secret');
    await store.putBlob('decisions', { head: 1, chunks: [new Uint8Array(1)] });
    await store.journal.append([{ id: 'a', value: 1 }]);
    await store.journal.append([{ id: 'b', value: 1 }]);
    await store.journal.acknowledge([{ id: 'a', value: 1 }]);
    await store.lease('refresh', 1_000);
    const names = await readdir(stateDir, { recursive: true, withFileTypes: true });
    expect(names.filter((name) => name.isFile()).length).toBeGreaterThan(5);
    for (const name of names) {
      const { mode } = await stat(join(name.parentPath, name.name));
      expect((mode & 0o777).toString(8)).toBe(name.isDirectory() ? '700' : '600');
    }
  });

  it('stay readable for people: the folder names namespace and API', async () => {
    await store.put('credentials', { machineId: 'abc' });
    expect((await readdir(stateDir))[0]).toMatch(/^shop@a\.example-[0-9a-f]{12}$/);
    expect(await readFile(await inStore('values', 'credentials.json'), 'utf8')).toBe('{"machineId":"abc"}');
  });

  it('come back when somebody removed the folder under a running process', async () => {
    await store.put('token', 1);
    await store.journal.append([{ id: 'a', value: 1 }]);
    await rm(await inStore(), { recursive: true });
    expect(await store.get('token')).toBeUndefined();
    expect(await store.journal.size()).toBe(0);
    await store.put('token', 2);
    await store.journal.append([{ id: 'b', value: 2 }]);
    expect(await store.get('token')).toBe(2);
    expect(await open().journal.read(10)).toMatchObject([{ id: 'b', value: 2 }]);
  });

  describe('that cannot be used', () => {
    it('are an error that says what to do', async () => {
      await rm(stateDir, { recursive: true });
      await writeFile(stateDir, 'a file in the place of the folder');
      const calls = [
        () => store.get('token'),
        () => store.put('token', 1),
        () => store.putBlob('decisions', { head: 1, chunks: [] }),
        () => store.lease('refresh', 1_000),
        () => store.journal.append([{ id: 'a', value: 1 }]),
        () => store.journal.read(1),
      ];
      for (const call of calls) await expect(call()).rejects.toMatchObject(unavailable);
      await expect(store.put('token', 1)).rejects.toThrow(/stateDir/);
    });

    it('are an error when a value is damaged, not a missing value', async () => {
      await store.put('credentials', 'secret');
      await truncate(await inStore('values', 'credentials.json'), 3);
      await expect(store.get('credentials')).rejects.toMatchObject(unavailable);
      await expect(store.get('credentials')).rejects.toThrow(/is damaged: .*credentials\.json/);
    });

    it('are an error when a value cannot be read, not a missing value', async () => {
      await store.put('token', 1);
      await mkdir(await inStore('values', 'credentials.json'));
      await expect(store.get('credentials')).rejects.toMatchObject(unavailable);
    });
  });

  describe('a blob', () => {
    const write = (head: number): Promise<void> =>
      store.putBlob('decisions', { head, chunks: [new Uint8Array(5).fill(head)] });
    const bytesFile = async (): Promise<string> => {
      const names = await readdir(await inStore('blobs'));
      return inStore('blobs', names.find((name) => name.endsWith('.bin')) ?? '');
    };

    it.each([
      ['shortened', (file: string) => truncate(file, 3)],
      ['changed', (file: string) => writeFile(file, 'xxxxx')],
      ['removed', (file: string) => rm(file)],
    ])('is an error when its bytes were %s', async (_, damage) => {
      await write(1);
      await damage(await bytesFile());
      await expect(store.getBlob('decisions')).rejects.toMatchObject(unavailable);
      await write(2);
      expect((await store.getBlob('decisions'))?.head).toBe(2);
    });

    it('is an error when another format wrote it, and can be replaced', async () => {
      await write(1);
      await writeFile(await inStore('blobs', 'decisions.json'), '{"format":2}');
      await expect(store.getBlob('decisions')).rejects.toThrow(/newer version/);
      await write(2);
      expect((await store.getBlob('decisions'))?.head).toBe(2);
    });

    it('leaves nothing behind when it is deleted', async () => {
      await write(1);
      await store.delete('decisions');
      expect(await readdir(await inStore('blobs'))).toEqual([]);
    });

    it('keeps one file of bytes, and removes in time what a dead writer left', async () => {
      await write(1);
      const left = (await bytesFile()).replace(/[0-9a-f]{24}/, '0'.repeat(24));
      await writeFile(left, 'half of it');
      await write(2);
      expect((await readdir(await inStore('blobs'))).filter((name) => name.endsWith('.bin'))).toHaveLength(2);
      await utimes(left, 0, 0);
      await write(3);
      expect((await readdir(await inStore('blobs'))).filter((name) => name.endsWith('.bin'))).toHaveLength(1);
    });
  });

  describe('a lease', () => {
    it('of a holder that is gone ends for others even when the wall clock was set back', async () => {
      await store.lease('refresh', 5_000);
      time.jump(-3_600_000);
      expect(await store.lease('refresh', 5_000)).toBeUndefined();
      await time.advance(5_001);
      expect(await store.lease('refresh', 5_000)).toBeDefined();
    });

    it('is taken in spite of a lock that was left by a process killed while it held it', async () => {
      await store.lease('refresh', 1);
      await time.advance(2);
      const lock = await inStore('leases', 'refresh.lock');
      await mkdir(lock);
      // Fresh, however long the machine takes over what follows.
      await utimes(lock, new Date(Date.now() + 60_000), new Date(Date.now() + 60_000));
      await expect(open(1_000).lease('refresh', 1_000)).rejects.toMatchObject(unavailable);
      await utimes(lock, new Date(Date.now() - 10_000), new Date(Date.now() - 10_000));
      expect((await store.lease('refresh', 1_000))?.token).toBe(2);
    });
  });

  describe('the journal', () => {
    const entry = (id: string, size = 10): JournalEntry => ({ id, value: 'x'.repeat(size) });
    const ids = async (of = store): Promise<string[]> => (await of.journal.read(100_000)).map(({ id }) => id);

    it('skips a torn line, and what is appended after it stands on its own', async () => {
      await store.journal.append([entry('a')]);
      const [segment = ''] = await journalFiles();
      await appendFile(await inStore('journal', segment), '\n{"id":"torn","val');
      expect(await ids()).toEqual(['a']);
      await store.journal.append([entry('b')]);
      expect(await ids()).toEqual(['a', 'b']);
      expect(await ids(open())).toEqual(['a', 'b']);
    });

    it('skips a torn acknowledgement: the entry waits again rather than another one being lost', async () => {
      await store.journal.append([entry('a'), entry('b'), entry('c')]);
      await store.journal.acknowledge([entry('a')]);
      await store.journal.acknowledge([entry('b')]);
      const acks = (await journalFiles()).find((name) => name.endsWith('.acks')) ?? '';
      const { size } = await stat(await inStore('journal', acks));
      await truncate(await inStore('journal', acks), size - 2);
      expect(await ids(open())).toEqual(['b', 'c']);
    });

    it('loses nothing when its segment is sealed by another process while it is being written', async () => {
      await store.journal.append([entry('a')]);
      const [segment = ''] = await journalFiles();
      await rename(await inStore('journal', segment), await inStore('journal', segment.replace('.open', '.sealed')));
      await store.journal.append([entry('b')]);
      await rm(await inStore('journal', segment.replace('.open', '.sealed')));
      expect(await ids(open())).toEqual(['b']);
    });

    it('takes little disk however many entries pass through', { timeout: 60_000 }, async () => {
      const others = open();
      for (let round = 0; round < 60; round++) {
        const batch = Array.from({ length: 250 }, (_, index) => entry(`${round}-${index}`, 1_000));
        await (round % 2 === 0 ? store : others).journal.append(batch);
        await store.journal.acknowledge(await store.journal.read(250));
      }
      expect(await store.journal.size()).toBe(0);
      const sizes = await Promise.all(
        (await journalFiles()).map(async (name) => (await stat(await inStore('journal', name))).size),
      );
      expect(sizes.reduce((sum, size) => sum + size, 0)).toBeLessThan(6 << 20);
      expect(sizes.length).toBeLessThan(8);
    });

    it('removes the files of a process that died, once all in them was sent and they were quiet for a while', async () => {
      const dead = open();
      await dead.journal.append([entry('a'), entry('b')]);
      const [segment = ''] = await journalFiles();
      await store.journal.acknowledge([entry('a')]);
      await utimes(await inStore('journal', segment), 0, 0);
      await store.journal.acknowledge([entry('unknown')]);
      expect(await ids()).toEqual(['b']);
      await store.journal.acknowledge([entry('b')]);
      expect((await journalFiles()).filter((name) => name.startsWith(segment.slice(0, -5)))).toEqual([]);
      await dead.journal.append([entry('c')]);
      expect(await ids()).toEqual(['c']);
    });

    it('reads the oldest of 100,000 without reading them all again', { timeout: 60_000 }, async () => {
      for (let from = 0; from < 100_000; from += 5_000) {
        await store.journal.append(Array.from({ length: 5_000 }, (_, index) => entry(`id-${from + index}`, 300)));
      }
      const reader = open();
      const first = performance.now();
      expect(await reader.journal.size()).toBe(100_000);
      const all = performance.now() - first;
      const again = performance.now();
      for (let round = 0; round < 10; round++) {
        const read = await reader.journal.read(250);
        expect(read.map(({ id }) => id)).toEqual(
          Array.from({ length: 250 }, (_, index) => `id-${round * 250 + index}`),
        );
        await reader.journal.acknowledge(read);
      }
      // Each would take as long as the first if it read them all.
      expect((performance.now() - again) / 10).toBeLessThan(all);
    });
  });
});
