import { randomBytes } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { manualTime } from '../src/testing/manual-time.js';
import { silentLogger } from '../src/logger.js';
import type { OpenStoreOptions } from '../src/store/open-store.js';
import type { Blob, JournalEntry, JsonValue, Store } from '../src/store/store.js';

/** One kind of store, ready to be opened as often as a test likes, all on the same data. */
export interface StoreKind {
  open(options: Pick<OpenStoreOptions, 'namespace' | 'apiRoot' | 'clock' | 'logger'>): Store;
  /** Makes the store's own expiry of leases happen. */
  passTime(ms: number): Promise<void>;
  dispose(): Promise<void>;
}

const API_ROOT = 'https://api.crowdsec.net';
const TTL_MS = 400;

/** What every store must do, whatever stands behind it; what only shared ones do is asked of those. */
export function describeStore(name: string, shared: boolean, create: () => Promise<StoreKind>): void {
  describe(`store: ${name}`, () => {
    let kind: StoreKind;
    let time: ReturnType<typeof manualTime>;
    let opened: Store[];
    const open = (namespace = 'shop', apiRoot = API_ROOT): Store => {
      const store = kind.open({ namespace, apiRoot, clock: time.clock, logger: silentLogger });
      opened.push(store);
      return store;
    };

    beforeEach(async () => {
      time = manualTime();
      opened = [];
      kind = await create();
    });
    afterEach(async () => {
      for (const store of opened) await store.close();
      await kind.dispose();
    });
    const pass = async (ms: number): Promise<void> => {
      await time.advance(ms);
      await kind.passTime(ms);
    };

    describe('values', () => {
      it('knows nothing at first', async () => {
        expect(await open().get('credentials')).toBeUndefined();
      });

      it('gives back what was written, of any JSON type', async () => {
        const store = open();
        const values: JsonValue[] = [{ a: [1, 'ü', true, { b: null }] }, 'text', 0, false, [], {}];
        for (const value of values) {
          await store.put('session', value);
          expect(await store.get('session')).toEqual(value);
        }
      });

      it('replaces and deletes one key without touching another', async () => {
        const store = open();
        await store.put('token', 'old');
        await store.put('credentials', 'kept');
        await store.put('token', 'new');
        expect(await store.get('token')).toBe('new');
        await store.delete('token');
        await store.delete('token');
        expect(await store.get('token')).toBeUndefined();
        expect(await store.get('credentials')).toBe('kept');
      });

      it('keeps namespaces and API roots apart', async () => {
        const places = [
          open('shop'),
          open('Shop'),
          open('shop', `${API_ROOT}/v3`),
          open('shop', 'https://dev.crowdsec.net'),
        ];
        for (const [index, store] of places.entries()) {
          await store.put('credentials', index);
          await store.putBlob('decisions', { head: index, chunks: [] });
          await store.journal.append([{ id: 'a', value: index }]);
          expect(await store.lease('refresh', TTL_MS)).toBeDefined();
        }
        for (const [index, store] of places.entries()) {
          expect(await store.get('credentials')).toBe(index);
          expect((await store.getBlob('decisions'))?.head).toBe(index);
          expect(told(await store.journal.read(10))).toEqual([{ id: 'a', value: index }]);
        }
      });

      it('takes extension names that are no file names', async () => {
        const store = open();
        await store.put('extension:../../Ähm: A', 'upper');
        await store.put('extension:../../Ähm: a', 'lower');
        expect(await store.get('extension:../../Ähm: A')).toBe('upper');
        expect(await store.get(`extension:${'x'.repeat(400)}`)).toBeUndefined();
      });
    });

    describe('blobs', () => {
      const bytesOf = (blob: Blob | undefined): Buffer => Buffer.concat([...(blob?.chunks ?? [])]);
      const noise = (length: number): Uint8Array => randomBytes(length);

      it('knows nothing at first', async () => {
        expect(await open().getBlob('decisions')).toBeUndefined();
        expect(await open().blobVersion('decisions')).toBeUndefined();
      });

      it.each([
        ['nothing', []],
        ['a byte', [1]],
        ['chunks of all sizes', [3, 0, 1_500_000, 1, 700_000]],
        ['exactly two pieces', [2 << 20]],
      ])('gives back %s, with its head', async (_, lengths) => {
        const store = open();
        const blob = { head: { pulledAt: 5 }, chunks: lengths.map(noise) };
        await store.putBlob('decisions', blob);
        const read = await store.getBlob('decisions');
        expect(read?.head).toEqual({ pulledAt: 5 });
        expect(bytesOf(read).equals(bytesOf(blob))).toBe(true);
      });

      it('has another version after each writing, the same bytes included', async () => {
        const store = open();
        const versions = new Set<string | undefined>();
        for (let round = 0; round < 4; round++) {
          await store.putBlob('decisions', { head: null, chunks: [noise(10)] });
          versions.add(await store.blobVersion('decisions'));
          expect(await store.blobVersion('decisions')).toBe([...versions].at(-1));
        }
        expect(versions.size).toBe(4);
      });

      it('never shows a reader a mixture of two versions', async () => {
        const [writer, reader] = [open(), open()];
        const write = (round: number): Promise<void> =>
          writer.putBlob('decisions', { head: round, chunks: [new Uint8Array(2_200_000 + round).fill(round)] });
        await write(1);
        let written = 1;
        const writes = (async () => {
          for (; written < 12; written++) await write(written + 1);
        })();
        while (written < 12) {
          const blob = await reader.getBlob('decisions');
          const bytes = bytesOf(blob);
          expect(bytes.length).toBe(2_200_000 + (blob?.head as number));
          expect(bytes[0]).toBe(blob?.head);
          expect(bytes.at(-1)).toBe(blob?.head);
        }
        await writes;
      });
    });

    it('deletes a blob, and nothing else', async () => {
      const store = open();
      await store.putBlob('decisions', { head: 1, chunks: [new Uint8Array(1_500_000)] });
      await store.putBlob('local-decisions', { head: 2, chunks: [new Uint8Array(3)] });
      await store.delete('decisions');
      await store.delete('decisions');
      expect(await store.getBlob('decisions')).toBeUndefined();
      expect(await store.blobVersion('decisions')).toBeUndefined();
      expect((await store.getBlob('local-decisions'))?.head).toBe(2);
      await store.putBlob('decisions', { head: 3, chunks: [] });
      expect((await store.getBlob('decisions'))?.head).toBe(3);
    });

    describe('leases', () => {
      it('go to one at a time, and on when released', async () => {
        const store = open();
        const first = await store.lease('refresh', TTL_MS);
        expect(await store.lease('refresh', TTL_MS)).toBeUndefined();
        expect(await store.lease('login', TTL_MS)).toBeDefined();
        await first?.release();
        const second = await store.lease('refresh', TTL_MS);
        expect(second?.token).toBeGreaterThan(first?.token ?? Infinity);
        expect(await first?.held()).toBe(false);
        expect(await second?.held()).toBe(true);
      });

      it('go to exactly one of many that ask at once', async () => {
        const store = open();
        const taken = await Promise.all(Array.from({ length: 12 }, () => store.lease('refresh', 60_000)));
        expect(taken.filter((lease) => lease !== undefined)).toHaveLength(1);
      });

      it('run out by themselves', async () => {
        const store = open();
        const first = await store.lease('refresh', TTL_MS);
        expect(first?.remainingMs()).toBeLessThanOrEqual(TTL_MS);
        await pass(TTL_MS + 1);
        expect(first?.remainingMs()).toBeLessThanOrEqual(0);
        expect(await first?.held()).toBe(false);
        expect(await first?.renew(TTL_MS)).toBe(false);
        expect(await store.lease('refresh', TTL_MS)).toBeDefined();
      });

      it('last longer when renewed', async () => {
        const store = open();
        const lease = await store.lease('refresh', TTL_MS);
        await pass(TTL_MS / 2);
        expect(await lease?.renew(TTL_MS * 20)).toBe(true);
        await pass(TTL_MS);
        expect(lease?.remainingMs()).toBeGreaterThan(0);
        expect(await lease?.held()).toBe(true);
        expect(await store.lease('refresh', TTL_MS)).toBeUndefined();
      });

      it('let their holder write, and nobody who has lost it', async () => {
        const store = open();
        const first = await store.lease('refresh', TTL_MS);
        await first?.put('refresh', 1);
        await first?.putBlob('decisions', { head: 1, chunks: [new Uint8Array(10)] });
        await pass(TTL_MS + 1);
        const second = await store.lease('refresh', TTL_MS);
        await second?.put('refresh', 2);
        await expect(first?.put('refresh', 3)).rejects.toMatchObject({ code: 'CROWDSEC_LEASE_BUSY' });
        await expect(first?.putBlob('decisions', { head: 3, chunks: [] })).rejects.toMatchObject({
          code: 'CROWDSEC_LEASE_BUSY',
        });
        expect(await store.get('refresh')).toBe(2);
        expect((await store.getBlob('decisions'))?.head).toBe(1);
      });

      it('are not released by one who has lost it', async () => {
        const store = open();
        const first = await store.lease('refresh', TTL_MS);
        await pass(TTL_MS + 1);
        const second = await store.lease('refresh', 60_000);
        await first?.release();
        expect(await second?.held()).toBe(true);
      });

      it('end for their holder when the wall clock has jumped ahead, as after a suspend', async () => {
        const lease = await open().lease('refresh', 60_000);
        time.jump(61_000);
        expect(lease?.remainingMs()).toBeLessThanOrEqual(0);
      });
    });

    describe('journal', () => {
      const entries = (from: number, to: number): { id: string; value: JsonValue }[] =>
        Array.from({ length: to - from }, (_, index) => ({ id: `id-${from + index}`, value: { n: from + index } }));
      const idsOf = (read: readonly { id: string }[]): string[] => read.map(({ id }) => id);
      const named = (...ids: string[]): JournalEntry[] => ids.map((id) => ({ id, value: null }));

      it('is empty at first', async () => {
        const { journal } = open();
        expect(await journal.read(10)).toEqual([]);
        expect(await journal.size()).toBe(0);
        await journal.append([]);
        await journal.acknowledge([]);
        await journal.acknowledge(named('unknown'));
        expect(await journal.replace(named('unknown'))).toEqual(['unknown']);
        expect(await journal.size()).toBe(0);
      });

      it('gives the oldest first, as many as asked for, until they are acknowledged', async () => {
        const { journal } = open();
        await journal.append(entries(0, 3));
        await journal.append(entries(3, 5));
        expect(told(await journal.read(4))).toEqual(entries(0, 4));
        expect(told(await journal.read(4))).toEqual(entries(0, 4));
        await journal.acknowledge(named('id-0', 'id-2'));
        expect(idsOf(await journal.read(10))).toEqual(['id-1', 'id-3', 'id-4']);
        expect(await journal.size()).toBe(3);
      });

      it('replaces an entry that is appended again, in its place', async () => {
        const { journal } = open();
        await journal.append(entries(0, 3));
        await journal.append([{ id: 'id-1', value: 'newer' }]);
        expect(await journal.size()).toBe(3);
        expect((await journal.read(3))[1]).toMatchObject({ id: 'id-1', value: 'newer' });
        await journal.acknowledge(await journal.read(2).then((read) => read.slice(1)));
        expect(idsOf(await journal.read(3))).toEqual(['id-0', 'id-2']);
        await journal.append([{ id: 'id-1', value: 'again' }]);
        expect(idsOf(await journal.read(3))).toEqual(['id-0', 'id-2', 'id-1']);
      });

      it('holds many thousands', async () => {
        const { journal } = open();
        for (let from = 0; from < 10_000; from += 2_500) await journal.append(entries(from, from + 2_500));
        expect(await journal.size()).toBe(10_000);
        await journal.acknowledge(entries(0, 9_990));
        expect(told(await journal.read(250))).toEqual(entries(9_990, 10_000));
      });

      it('keeps an entry that was replaced since it was read', async () => {
        const { journal } = open();
        await journal.append(entries(0, 2));
        const read = await journal.read(10);
        expect(await journal.replace([{ id: 'id-0', value: 'newer' }])).toEqual([]);
        await journal.acknowledge(read);
        expect(told(await journal.read(10))).toEqual([{ id: 'id-0', value: 'newer' }]);
        await journal.acknowledge(await journal.read(10));
        expect(await journal.size()).toBe(0);
      });

      it('replaces values in their places, as often as asked, and none that no longer wait', async () => {
        const { journal } = open();
        await journal.append(entries(0, 3));
        await journal.acknowledge(named('id-1'));
        for (let round = 0; round < 4; round++) {
          const replaced = entries(0, 3).map(({ id }) => ({ id, value: round }));
          expect(await journal.replace(replaced)).toEqual(['id-1']);
        }
        await journal.append(entries(3, 4));
        const expected = [{ id: 'id-0', value: 3 }, { id: 'id-2', value: 3 }, ...entries(3, 4)];
        expect(told(await journal.read(10))).toEqual(expected);
        expect(await journal.waiting(['id-3', 'id-1', 'id-0'])).toEqual(['id-3', 'id-0']);
        expect(await journal.size()).toBe(3);
      });

      it('keeps appends that run at once', async () => {
        const { journal } = open();
        await Promise.all(entries(0, 40).map((entry) => journal.append([entry])));
        expect(new Set(idsOf(await journal.read(100))).size).toBe(40);
      });
    });

    if (!shared) return;

    describe('shared by several', () => {
      it('says so', () => {
        expect(open()).toMatchObject({ shared: true, durable: true, crashSafe: true });
      });

      it('shows values, leases and the journal to all of them', async () => {
        const [one, other] = [open(), open()];
        await one.put('token', 'jwt');
        expect(await other.get('token')).toBe('jwt');

        const lease = await one.lease('refresh', TTL_MS);
        expect(await other.lease('refresh', TTL_MS)).toBeUndefined();
        await lease?.release();
        const next = await other.lease('refresh', TTL_MS);
        expect(next?.token).toBeGreaterThan(lease?.token ?? Infinity);

        await one.journal.append([{ id: 'a', value: 1 }]);
        await other.journal.append([{ id: 'b', value: 2 }]);
        expect(await other.journal.size()).toBe(2);
        await other.journal.acknowledge([{ id: 'a', value: 1 }]);
        expect(told(await one.journal.read(10))).toEqual([{ id: 'b', value: 2 }]);
        await one.journal.append([{ id: 'b', value: 3 }]);
        expect(told(await other.journal.read(10))).toEqual([{ id: 'b', value: 3 }]);
        await other.journal.acknowledge(await other.journal.read(1));
        expect(await one.journal.size()).toBe(0);
        expect(await open().journal.size()).toBe(0);
      });

      it('lets either of them replace an entry, and both see the last value, whoever opens it later too', async () => {
        const [one, other] = [open(), open()];
        await other.journal.append([{ id: 'early', value: 0 }]);
        await time.advance(5);
        await one.journal.append([
          { id: 'a', value: 'first' },
          { id: 'b', value: 'first' },
        ]);
        const read = await one.journal.read(10);
        await other.journal.replace([{ id: 'a', value: 'second' }]);
        await one.journal.replace([{ id: 'a', value: 'third' }]);
        await other.journal.replace([{ id: 'a', value: 'fourth' }]);
        for (const store of [one, other, open()]) {
          const values = (await store.journal.read(10)).map(({ id, value }) => [id, value]);
          expect(new Map(values as [string, JsonValue][])).toEqual(
            new Map<string, JsonValue>([
              ['early', 0],
              ['a', 'fourth'],
              ['b', 'first'],
            ]),
          );
        }
        await one.journal.acknowledge(read);
        expect(told(await open().journal.read(10))).toEqual([{ id: 'a', value: 'fourth' }]);
        expect(await other.journal.replace([{ id: 'b', value: 'too late' }])).toEqual(['b']);
        expect(await one.journal.size()).toBe(1);
      });

      it('never brings back an entry that one acknowledges while another replaces it', async () => {
        const [one, other] = [open(), open()];
        for (let round = 0; round < 20; round++) {
          const entry = { id: `id-${round}`, value: 'first' };
          await one.journal.append([entry]);
          const [gone] = await Promise.all([
            other.journal.replace([{ ...entry, value: 'newer' }]),
            one.journal.acknowledge([entry]),
          ]);
          // Acknowledged without a revision, it is gone either way: the only question is who was first.
          expect([[], [entry.id]]).toContainEqual(gone);
          expect(await one.journal.size()).toBe(0);
          expect(await other.journal.size()).toBe(0);
        }
      });

      it('lets one alone of all use a name', async () => {
        const stores = [open(), open(), open(), open()];
        const claims = stores.map((store) => store.claim!('captcha:nonce', 60_000));
        expect((await Promise.all(claims)).filter(Boolean)).toHaveLength(1);
        expect(await open().claim!('captcha:nonce', 60_000)).toBe(false);
        expect(await open().claim!('captcha:nonce', 59_000)).toBe(false);
        expect(await open().claim!('captcha:another', 60_000)).toBe(true);
        expect(await open('another shop').claim!('captcha:nonce', 60_000)).toBe(true);
      });

      it('still has everything when opened again', async () => {
        const before = open();
        await before.put('credentials', { machineId: 'abc' });
        await before.putBlob('decisions', { head: 1, chunks: [new Uint8Array([1, 2, 3])] });
        await before.journal.append([{ id: 'a', value: 1 }]);
        await before.close();
        const after = open();
        expect(await after.get('credentials')).toEqual({ machineId: 'abc' });
        expect([...((await after.getBlob('decisions'))?.chunks[0] ?? [])]).toEqual([1, 2, 3]);
        expect(told(await after.journal.read(10))).toEqual([{ id: 'a', value: 1 }]);
      });
    });
  });
}

/** Entries without their revisions, which are each store's own. */
function told(entries: readonly JournalEntry[]): JournalEntry[] {
  return entries.map(({ id, value }) => ({ id, value }));
}
