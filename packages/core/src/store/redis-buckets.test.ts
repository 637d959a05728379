import KeyvRedis, { createClient } from '@keyv/redis';
import fc from 'fast-check';
import Keyv from 'keyv';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type RedisServer, startRedis } from '../../../../tools/redis-server.mjs';
import { NaiveBuckets, runs } from '../../test/naive-buckets.js';
import { storeWorkers, type Workers } from '../../test/store-workers.js';
import { systemClock } from '../clock.js';
import { silentLogger } from '../logger.js';
import { openStore } from './open-store.js';
import type { Store } from './store.js';
import { propertyRuns } from '../../test/property-runs.js';

const RULES = { capacity: 3, leakMs: 10_000, blackholeMs: 60_000, maxGroups: 100 };

describe('buckets in redis', () => {
  let redis: RedisServer;
  let keyv: Keyv;
  let store: Store;
  let workers: Workers;
  beforeAll(async () => {
    [redis, workers] = await Promise.all([startRedis(), storeWorkers()]);
    keyv = new Keyv(new KeyvRedis({ socket: { path: redis.socket, tls: false } }));
    const place = { namespace: 'shop', apiRoot: 'https://api.crowdsec.net', store: keyv };
    store = openStore({ ...place, clock: systemClock, logger: silentLogger });
  });
  afterAll(async () => {
    await keyv.disconnect();
    await workers.dispose();
    await redis.dispose();
  });

  it('agree with one that recounts all its events each time', async () => {
    let name = 0;
    const run = fc.asyncProperty(runs(40), async ({ rules, events }) => {
      const naive = new NaiveBuckets(rules);
      name++;
      for (const event of events) expect(await store.pour!(`run-${name}`, rules, event)).toEqual(naive.pour(event));
    });
    await fc.assert(run, { numRuns: propertyRuns(100) });
  });

  it('start anew when the clock was set back', async () => {
    const pour = (at: number) => store.pour!('set-back', RULES, { group: 'a', at });
    for (const at of [3e6, 3e6, 3e6, 0, 0, 0]) expect(await pour(at)).toBeUndefined();
    expect(await pour(1)).toEqual({ eventCount: 4, startAt: 0 });
    expect(await pour(59_999)).toBeUndefined();
  });

  it('go when nothing in them counts any more', async () => {
    await store.pour!('expiring', RULES, { group: 'filling', at: 0 });
    for (let i = 0; i < 4; i++) await store.pour!('expiring', RULES, { group: 'silent', at: 0 });
    const client = await createClient({ socket: { path: redis.socket, tls: false } }).connect();
    const keys = await client.keys('*bucket:expiring:*');
    const lifetimes = await Promise.all(keys.map((key) => client.pTTL(key)));
    client.destroy();
    expect(keys).toHaveLength(2);
    for (const lifetime of lifetimes) expect(lifetime).toBeGreaterThan(60_000);
    for (const lifetime of lifetimes) expect(lifetime).toBeLessThanOrEqual(180_000);
  });

  it('count what several processes pour, each event once', async () => {
    const rules = { ...RULES, capacity: 10, leakMs: 3_600_000, blackholeMs: 0 };
    const task = { kind: 'pour', rules, times: 55 } as const;
    const pouring = Array.from({ length: 4 }, () => workers.start({ redisSocket: redis.socket }, task));
    const told = await Promise.all(pouring.map((worker) => worker.next()));
    const overflows = told.flatMap((each) => (each.kind === 'poured' ? each.overflows : []));
    expect(overflows.map(({ eventCount }) => eventCount)).toEqual(Array.from({ length: 20 }, () => 11));
  });
});
