import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startRedis } from '../../../../tools/redis-server.mjs';
import { openAt, type StorePlace } from '../../test/store-place.js';
import type { Told } from '../../test/store-worker.js';
import { storeWorkers, type Worker, type Workers } from '../../test/store-workers.js';

let workers: Workers;
beforeAll(async () => {
  workers = await storeWorkers();
});
afterAll(() => workers.dispose());

interface Place extends AsyncDisposable {
  readonly place: StorePlace;
}

async function files(): Promise<Place> {
  const stateDir = await mkdtemp(join(tmpdir(), 'crowdsec-processes-'));
  return { place: { stateDir }, [Symbol.asyncDispose]: () => rm(stateDir, { recursive: true }) };
}

async function redis(): Promise<Place> {
  const server = await startRedis();
  return { place: { redisSocket: server.socket }, [Symbol.asyncDispose]: () => server.dispose() };
}

const storedBy = (worker: Worker): readonly string[] =>
  worker.told.flatMap((told) => (told.kind === 'stored' ? told.ids : []));

const countStored = (all: readonly Worker[]): number => all.flatMap(storedBy).length;

// They wait for most of the time, each with a store and processes of its own.
describe.concurrent.each([
  ['files', files],
  ['redis', redis],
])('many processes on one store: %s', (_, make) => {
  it('lets exactly one of them hold a lease at any time, each with a greater token', async () => {
    await using at = await make();
    const folder = await mkdtemp(join(tmpdir(), 'crowdsec-witness-'));
    const task = { kind: 'race', witness: join(folder, 'witness'), forMs: 2_000, ttlMs: 5_000 } as const;
    const racing = Array.from({ length: 4 }, () => workers.start(at.place, task));
    const raced = (await Promise.all(racing.map((worker) => worker.next()))).filter(
      (told): told is Told & { kind: 'raced' } => told.kind === 'raced',
    );
    const tokens = raced.flatMap((told) => told.tokens);
    expect(raced.reduce((sum, { violations }) => sum + violations, 0)).toBe(0);
    expect(raced.filter((told) => told.tokens.length > 0).length).toBeGreaterThan(1);
    // How often depends on the machine; that they took turns at all does not.
    expect(tokens.length).toBeGreaterThan(raced.length);
    expect(new Set(tokens).size).toBe(tokens.length);
    for (const told of raced) expect([...told.tokens].sort((a, b) => a - b)).toEqual(told.tokens);
    await rm(folder, { recursive: true });
  });

  it('hands the lease of a killed holder to another when its time is up', async () => {
    await using at = await make();
    // A holder that does not run for so long loses it rightly.
    const ttlMs = 4_000;
    const holder = workers.start(at.place, { kind: 'hold', ttlMs });
    await holder.next();
    const waiting = [1, 2].map(() => workers.start(at.place, { kind: 'hold', ttlMs }));
    await delay(ttlMs * 1.5);
    expect(waiting.flatMap(({ told }) => told)).toEqual([]);
    await holder.kill();
    const killedAt = performance.now();
    await Promise.race(waiting.map((worker) => worker.next()));
    expect(performance.now() - killedAt).toBeLessThan(ttlMs + 10_000);
    await delay(ttlMs * 1.5);
    expect(waiting.flatMap(({ told }) => told)).toHaveLength(1);
    await Promise.all(waiting.map((worker) => worker.kill()));
  });

  it('reads back every entry whose append resolved before its process was killed', { timeout: 60_000 }, async () => {
    await using at = await make();
    const { store, disconnect } = openAt(at.place);
    const stored = new Set<string>();
    const acknowledged = new Set<string>();
    for (let round = 0; round < 2; round++) {
      const appending = [1, 7, 40].map((batch) =>
        workers.start(at.place, { kind: 'append', name: `${round}-${batch}`, batch }),
      );
      await Promise.all(appending.map((worker) => worker.next()));
      for (
        const end = performance.now() + 150 + Math.random() * 300;
        performance.now() < end || countStored(appending) < 100;
      ) {
        const some = await store.journal.read(50);
        await store.journal.acknowledge(some);
        for (const { id } of some) acknowledged.add(id);
      }
      await Promise.all(appending.map((worker) => worker.kill()));
      for (const worker of appending) for (const id of storedBy(worker)) stored.add(id);
    }
    await disconnect();

    const later = openAt(at.place);
    const waiting = new Set((await later.store.journal.read(1_000_000)).map(({ id }) => id));
    expect(waiting.size).toBe(await later.store.journal.size());
    expect(stored.size).toBeGreaterThanOrEqual(200);
    expect([...stored].filter((id) => !waiting.has(id) && !acknowledged.has(id))).toEqual([]);
    expect([...waiting].filter((id) => acknowledged.has(id))).toEqual([]);
    await later.disconnect();
  });
});
