import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { mkdtemp, readdir, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { silentLogger } from '../logger.js';
import { RemediationEngine } from '../remediation/remediation-engine.js';
import { capiSource } from '../sources/capi-source.js';
import { openStore } from '../store/open-store.js';
import type { Lease, Store } from '../store/store.js';
import { manualTime, type ManualTime } from '../testing/manual-time.js';
import { Refresher } from './refresher.js';
import type { RefreshResult } from './refresh-result.js';
import { removeFolder } from '../../test/remove-folder.js';

const SECOND_MS = 1_000;
const MINUTE_MS = 60 * SECOND_MS;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;
const BANNED = '198.51.100.7';
const LISTED = '203.0.113.7';
/** Hours with a poll of the store each minute, rather than every few seconds. */
const POLLED_EACH_MINUTE = { strideMs: MINUTE_MS };

let time: ManualTime;
let folder: string;
let links: Record<string, RequestListener>;
let url: string;
const cleanUp: (() => Promise<unknown>)[] = [];

beforeEach(async () => {
  time = manualTime();
  folder = await mkdtemp(join(tmpdir(), 'crowdsec-sdk-test-'));
  links = {};
  const server = createServer((request, response) =>
    (links[request.url!.slice(1).replace(/\?.*/, '')] ?? ((_, other) => other.writeHead(404).end()))(request, response),
  );
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  cleanUp.push(async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
    await removeFolder(folder);
  });
});

afterEach(async () => {
  for (const step of cleanUp.splice(0).toReversed()) await step();
});

describe('the lists of a pull', () => {
  it('do not hold up the stream, nor each other', async () => {
    let answer = (): void => undefined;
    links.hanging = () => undefined;
    links.late = (_, response) => (answer = () => void response.end('203.0.113.9\n'));
    links.good = (_, response) => response.end(`${LISTED}\n`);
    const agent = await open({ limits: { totalTimeoutMs: 60_000 } });
    void time.advance(0);
    await until(() => agent.said(BANNED) === 'CAPI' && agent.said(LISTED) === 'lists:good');
    expect(agent.told).toEqual([]);
    expect(agent.said('203.0.113.9')).toBe('clean');
    answer();
    await until(() => agent.said('203.0.113.9') === 'lists:late');
    expect(agent.refresher.waitingLists.map(({ name }) => name)).toEqual(['hanging']);
  });

  it('have one deadline for all together, however many hang', async () => {
    for (let i = 0; i < 40; i++) links[`hanging${i}`] = () => undefined;
    links.good = (_, response) => response.end(`${LISTED}\n`);
    const agent = await open({ limits: { totalTimeoutMs: 300, timeoutMs: 250, concurrency: 8 } });
    await time.advance(0);
    expect(agent.said(BANNED)).toBe('CAPI');
    expect(agent.refresher.lists.filter(({ status }) => status === 'failed')).toHaveLength(41);
    expect(agent.refresher.lists.at(-1)).toMatchObject({
      error: expect.stringMatching(/300 ms for all lists/) as string,
    });
    expect(agent.told).toHaveLength(1);
  });

  it('are known to be missing after a crash: what the stream brought is stored, and they are asked for again', async () => {
    links.hanging = () => undefined;
    const first = await open({ limits: { totalTimeoutMs: 60_000 } });
    void time.advance(0);
    await until(() => first.said(BANNED) === 'CAPI');
    const stored = async (): Promise<string | undefined> => first.store.blobVersion('decisions');
    while ((await stored()) === undefined) await turn();
    const second = await open();
    expect([second.said(BANNED), second.capi.pulls]).toEqual(['CAPI', 0]);
    links.hanging = (_, response) => response.end(`${LISTED}\n`);
    await first.stop();
    await time.advance(20 * MINUTE_MS, POLLED_EACH_MINUTE);
    expect([second.said(LISTED), second.capi.pulls]).toEqual(['lists:hanging', 0]);
  });

  it('that failed by a link that has run out are asked for by a fresh one as soon as the budget allows', async () => {
    let signature = 'a';
    links.signed = (request, response) =>
      request.url!.endsWith(`?${signature}`) ? response.end(`${LISTED}\n`) : response.writeHead(403).end();
    let issued = 'expired';
    const agent = await open({ link: (name) => `${url}/${name}?${issued}` });
    await time.advance(0);
    const startedAt = time.clock.now();
    expect(agent.refresher.waitingLists).toMatchObject([{ name: 'signed', retryAt: startedAt + 15 * MINUTE_MS }]);
    const { freshLinkAt } = agent.refresher.waitingLists[0]!;
    expect(freshLinkAt).toBeGreaterThanOrEqual(startedAt + 2 * HOUR_MS);
    expect(freshLinkAt).toBeLessThanOrEqual(startedAt + 2.3 * HOUR_MS);
    issued = signature = 'b';
    await time.advance(1.9 * HOUR_MS, POLLED_EACH_MINUTE);
    expect([agent.said(LISTED), agent.capi.pulls]).toEqual(['clean', 1]);
    await time.advance(0.4 * HOUR_MS, POLLED_EACH_MINUTE);
    expect([agent.said(LISTED), agent.capi.pulls]).toEqual(['lists:signed', 2]);
    expect(agent.refresher.waitingLists).toEqual([]);
    expect(agent.refresher.nextPullAt).toBeGreaterThan(time.clock.now() + 3 * HOUR_MS);
  });
});

describe('a process that was held up while it wrote an attempt down', () => {
  it('does not pull: another one may be at it', async () => {
    const agent = await open({ store: sleepingAfterAttempt });
    expect(await agent.refresher.refresh()).toMatchObject({ status: 'skipped', reason: 'busy' });
    expect(agent.capi.pulls).toBe(0);
    const other = await open();
    await time.advance(HOUR_MS, POLLED_EACH_MINUTE);
    expect(agent.capi.pulls + other.capi.pulls).toBe(1);
    expect([agent.said(BANNED), other.said(BANNED)]).toEqual(['CAPI', 'CAPI']);
  });
});

describe('the budget of pulls', () => {
  it('is not stretched by a machine that slept: a pull follows within 10 s of its waking', async () => {
    const agent = await running();
    await time.advance(5 * MINUTE_MS);
    time.jump(3 * DAY_MS);
    await time.advance(10 * SECOND_MS);
    expect(agent.capi.pulls).toBe(2);
    await time.advance(1.9 * HOUR_MS, POLLED_EACH_MINUTE);
    expect(agent.capi.pulls).toBe(2);
  });

  it('allows one pull for a wall clock that jumps ahead and back again and again, and none after it went back', async () => {
    const agent = await running();
    for (let i = 0; i < 20; i++) {
      time.jump(i % 2 === 0 ? DAY_MS : -DAY_MS);
      await time.advance(5 * MINUTE_MS);
      await agent.refresher.refresh();
    }
    expect(agent.capi.pulls).toBe(2);
    const other = await running({ namespace: 'back-first' });
    time.jump(-DAY_MS);
    await time.advance(MINUTE_MS);
    for (let i = 1; i < 11; i++) {
      time.jump(i * DAY_MS);
      await time.advance(5 * MINUTE_MS);
      await other.refresher.refresh();
      time.jump(-i * DAY_MS);
      await time.advance(MINUTE_MS);
    }
    expect(other.capi.pulls).toBe(1);
  });

  it('opens after two hours although the wall clock went back', async () => {
    const agent = await running();
    time.jump(-3 * DAY_MS);
    await time.advance(2 * HOUR_MS, POLLED_EACH_MINUTE);
    expect(await agent.refresher.refresh()).toMatchObject({ status: 'refreshed' });
  });

  it('counts a pull that could not be written down, and writes it before the next one', async () => {
    const failing = { writes: 0 };
    const agent = await running({ store: (store) => failingWrites(store, failing) });
    await time.advance(2 * HOUR_MS, POLLED_EACH_MINUTE);
    failing.writes = Infinity;
    agent.capi.banned = '198.51.100.8';
    // The stamp that says that a try was made still goes through.
    failing.writes = 0;
    const pull = agent.refresher.refresh();
    agent.capi.onPull = () => (failing.writes = Infinity);
    expect(await pull).toMatchObject({ status: 'refreshed', new: 1 });
    expect([agent.said('198.51.100.8'), agent.capi.pulls]).toEqual(['CAPI', 2]);
    await time.advance(30 * MINUTE_MS, POLLED_EACH_MINUTE);
    await expect(agent.refresher.refresh()).rejects.toThrow(/out of order/);
    expect(agent.capi.pulls).toBe(2);
    failing.writes = 0;
    await time.advance(10 * SECOND_MS);
    const other = await open();
    expect([other.said('198.51.100.8'), other.refresher.pulledAt]).toEqual(['CAPI', agent.refresher.pulledAt]);
    await time.advance(1.4 * HOUR_MS, POLLED_EACH_MINUTE);
    expect([agent.capi.pulls, other.capi.pulls]).toEqual([2, 0]);
  });
});

describe('what is stored, when it is damaged', () => {
  it.each(['', '{"form', 'rubbish', 'null', '[]', '{"format":1}'])(
    'is pulled anew when the budget allows: a snapshot that reads %j',
    async (damage) => {
      await (await running()).stop();
      await damageFiles(/^decisions.*json$/, damage);
      const agent = await open();
      await sleepThrough(1.9 * HOUR_MS);
      expect([agent.said(BANNED), agent.capi.pulls]).toEqual(['unavailable', 0]);
      await sleepThrough(0.2 * HOUR_MS);
      expect([agent.said(BANNED), agent.capi.pulls]).toEqual(['CAPI', 1]);
      await agent.stop();
      expect((await open()).said(BANNED)).toBe('CAPI');
    },
  );

  it('is put back by a process that holds it', async () => {
    const agent = await running();
    await damageFiles(/^decisions.*json$/, 'rubbish');
    await time.advance(6 * SECOND_MS);
    const other = await open();
    expect([other.said(BANNED), other.capi.pulls, agent.capi.pulls]).toEqual(['CAPI', 0, 1]);
  });

  it.each(['', '{"fail', 'null', '[]', '{"failures":-1,"failedAt":0,"waitMs":0}'])(
    'counts as a budget that is spent: a record that reads %j',
    async (damage) => {
      await (await running()).stop();
      await damageFiles(/^(refresh|decisions).*json$/, damage);
      const agent = await open();
      await sleepThrough(1.9 * HOUR_MS);
      await agent.stop();
      const again = await open();
      expect([agent.capi.pulls, again.capi.pulls]).toEqual([0, 0]);
      await sleepThrough(0.2 * HOUR_MS);
      expect([again.said(BANNED), again.capi.pulls]).toEqual(['CAPI', 1]);
    },
  );

  it('writes back a stored moment of a pull that lay in the future, so that restarts do not put off the next one', async () => {
    const first = await open();
    await time.advance(0);
    await first.stop();
    // The machine had a wrong clock when it pulled.
    time.jump(-3 * DAY_MS);
    for (let restart = 0; restart < 3; restart++) {
      const again = await open();
      await time.advance(HOUR_MS, POLLED_EACH_MINUTE);
      await again.stop();
    }
    const last = await open();
    expect(last.refresher.pulledAt).toBeLessThanOrEqual(time.clock.now() - 2 * HOUR_MS);
    const record = (await last.store.get('refresh')) as { pulledAt: number };
    expect(record.pulledAt).toBeLessThanOrEqual(time.clock.now() - 2 * HOUR_MS);
  });

  it('does not put off pulls for ever: a record of an absurd wait', async () => {
    const first = await running();
    await first.store.put('refresh', { failures: 3, failedAt: 1e300, waitMs: 1e300 });
    await first.stop();
    const agent = await open();
    await sleepThrough(5 * HOUR_MS);
    expect(agent.capi.pulls).toBe(1);
  });
});

describe('the watch over the store', () => {
  it('asks once each 5 s while nothing changes', async () => {
    let asked = 0;
    const counted = (store: Store): Store => ({ ...store, blobVersion: (key) => (asked++, store.blobVersion(key)) });
    await running({ store: counted });
    asked = 0;
    await time.advance(MINUTE_MS);
    expect(asked).toBe(12);
  });
});

describe('a result', () => {
  it('counts each change once, and no removal of what is not held', async () => {
    const agent = await running();
    agent.capi.answer = {
      new: [
        { scope: 'ip', scenario: 'a/b', decisions: ['192.0.2.1', '192.0.2.1', BANNED].map(hour) },
        { scope: 'ip', scenario: 'a/b', decisions: ['192.0.2.1'].map(hour) },
      ],
      deleted: [{ scope: 'ip', decisions: ['192.0.2.99', '192.0.2.99', '192.0.2.1'] }],
    };
    await time.advance(2 * HOUR_MS, POLLED_EACH_MINUTE);
    expect(await agent.refresher.refresh()).toMatchObject({ new: 2, deleted: 0 });
    agent.capi.answer = { deleted: [{ scope: 'ip', decisions: ['192.0.2.1', '192.0.2.1', '192.0.2.98'] }] };
    await time.advance(2 * HOUR_MS - SECOND_MS, POLLED_EACH_MINUTE);
    // What ended by itself is not deleted.
    await time.advance(SECOND_MS);
    expect(await agent.refresher.refresh()).toMatchObject({ new: 0, deleted: 0 });
  });

  it('counts a deletion of what is held', async () => {
    const agent = await running();
    agent.capi.answer = { deleted: [{ scope: 'Ip', decisions: [BANNED, BANNED, '192.0.2.98'] }] };
    await time.advance(2 * HOUR_MS, POLLED_EACH_MINUTE);
    expect(await agent.refresher.refresh()).toMatchObject({ new: 0, deleted: 1 });
  });
});

interface Options {
  readonly namespace?: string;
  readonly limits?: NonNullable<Parameters<typeof capiSource>[0]['limits']>;
  readonly link?: (name: string) => string;
  readonly store?: (store: Store) => Store;
}

/** A refresher on files, started; its pull is a job that waits for time to pass. */
async function open({ namespace = 'shop', limits = {}, link, store: wrap = (store) => store }: Options = {}) {
  const { clock, scheduler } = time;
  const store = wrap(
    openStore({ stateDir: folder, namespace, apiRoot: 'https://api.crowdsec.net', clock, logger: silentLogger }),
  );
  const engine = new RemediationEngine({ clock });
  const told: RefreshResult[] = [];
  const capi = { pulls: 0, banned: BANNED, answer: undefined as unknown, onPull: (): unknown => undefined };
  const stream = capiSource({
    allowHttpLists: true,
    limits,
    getStreamDecisions: async ({ beforeCall }) => {
      await beforeCall?.();
      capi.pulls++;
      capi.onPull();
      const blocklists = Object.keys(links).map((name) => ({
        name,
        url: link?.(name) ?? `${url}/${name}`,
        remediation: 'ban',
        scope: 'ip',
        duration: '240h',
      }));
      const decisions = [{ value: capi.banned, duration: '240h' }];
      return capi.answer ?? { new: [{ scope: 'ip', scenario: 'a/b', decisions }], links: { blocklists } };
    },
  });
  const refresher = new Refresher({
    store,
    capi: stream,
    sources: [],
    engine,
    clock,
    scheduler,
    logger: silentLogger,
    intervalMs: 4 * HOUR_MS,
    fetch,
    listener: {
      refreshed: (result) => told.push(result),
      failed: () => undefined,
      storeEmptied: async () => undefined,
    },
  });
  let isStopped = false;
  const stop = async (): Promise<void> => {
    if (isStopped) return;
    isStopped = true;
    await refresher.stop();
    await store.close();
  };
  cleanUp.push(stop);
  await refresher.start();
  return { store, refresher, capi, told, stop, said: (ip: string): string => engine.getIpRemediation(ip).origin };
}

async function running(options: Options = {}) {
  const agent = await open(options);
  await time.advance(0);
  return agent;
}

/** The store, with each of its leases changed. */
function withLeases(store: Store, change: (lease: Lease) => Partial<Lease>): Store {
  return {
    ...store,
    get reachable() {
      return store.reachable;
    },
    lease: async (name, ttlMs) => {
      const lease = await store.lease(name, ttlMs);
      return lease && { ...lease, ...change(lease) };
    },
  };
}

/** Its leases fail to write as often as told. */
function failingWrites(store: Store, failing: { writes: number }): Store {
  const check = (): void => {
    if (failing.writes-- > 0) throw new Error('the store is out of order');
  };
  return withLeases(store, (lease) => ({
    put: async (key, value) => (check(), lease.put(key, value)),
    putBlob: async (key, blob) => (check(), lease.putBlob(key, blob)),
  }));
}

/** The machine sleeps for a minute as soon as an attempt to pull is written down. */
function sleepingAfterAttempt(store: Store): Store {
  return withLeases(store, (lease) => ({
    put: async (key, value) => {
      await lease.put(key, value);
      if (key === 'refresh') time.jump(MINUTE_MS);
    },
  }));
}

/** Lets time pass as a machine that sleeps does: without the jobs in between. */
async function sleepThrough(ms: number): Promise<void> {
  time.jump(ms - 10 * SECOND_MS);
  await time.advance(10 * SECOND_MS);
}

async function damageFiles(name: RegExp, text: string): Promise<void> {
  const files = (await readdir(folder, { recursive: true })).filter(
    (path) => name.test(path.split('/').at(-1)!) && !path.includes('lease'),
  );
  expect(files).not.toEqual([]);
  for (const file of files) await writeFile(join(folder, file), text);
}

const hour = (value: string) => ({ value, duration: '1h' });
const turn = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 5));

/** Waits for what happens by itself, without time passing. */
async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await turn();
}
