import KeyvRedis from '@keyv/redis';
import Keyv from 'keyv';
import { mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type RedisServer, startRedis } from '../../../../tools/redis-server.mjs';
import { DeltaBuilder } from '../decisions/decision-delta.js';
import { RowSet } from '../decisions/row-set.js';
import { NEVER } from '../decisions/row-source.js';
import { silentLogger } from '../logger.js';
import { RemediationEngine } from '../remediation/remediation-engine.js';
import { cidrs } from '../sources/cidrs.js';
import type { DecisionSource, PullContext, PullResult, SourceState } from '../sources/decision-source.js';
import { listFile } from '../sources/list-file.js';
import { listSource } from '../sources/list-source.js';
import { openStore, type OpenStoreOptions } from '../store/open-store.js';
import type { Store } from '../store/store.js';
import { manualTime, type ManualTime } from '../testing/manual-time.js';
import { Refresher } from './refresher.js';
import { fromBlob } from './snapshot.js';
import { removeFolder } from '../../test/remove-folder.js';

const SECOND_MS = 1_000;
const MINUTE_MS = 60 * SECOND_MS;
const HOUR_MS = 60 * MINUTE_MS;
const BANNED = '198.51.100.7';
const OURS = '203.0.113.1';
const THEIRS = '203.0.113.2';
/** Hours with a poll of the store each minute, rather than every few seconds. */
const POLLED_EACH_MINUTE = { strideMs: MINUTE_MS };

let time: ManualTime;
let folder: string;
let redis: RedisServer;
let cleanUp: (() => Promise<unknown>)[];

beforeAll(async () => {
  redis = await startRedis();
});
afterAll(() => redis.dispose());

beforeEach(async () => {
  time = manualTime();
  folder = await mkdtemp(join(tmpdir(), 'crowdsec-sdk-test-'));
  cleanUp = [() => removeFolder(folder)];
});
afterEach(async () => {
  for (const run of cleanUp.reverse()) await run();
});

type Place = () => Pick<OpenStoreOptions, 'store' | 'stateDir' | 'deadlineMs'>;

const files: Place = () => ({ stateDir: folder });

describe.each<[string, Place]>([
  ['files', files],
  ['Redis', () => ({ store: keyv(redis.socket) })],
])('sources of each process, on a store of %s', (kind, place) => {
  it('hold in theirs alone, through the snapshots that others store', async () => {
    const namespace = `${kind}-watch`;
    const first = await running({ place, namespace, sources: [cidrs([OURS], { name: 'first' })] });
    const second = await running({ place, namespace, sources: [cidrs([THEIRS], { name: 'second' })] });
    expect([first.said(BANNED), second.said(BANNED)]).toEqual(['CAPI', 'CAPI']);
    await time.advance(2 * HOUR_MS, POLLED_EACH_MINUTE);
    first.capi.banned.push('198.51.100.8');
    await first.refresher.refresh();
    await time.advance(6 * SECOND_MS);
    expect(second.said('198.51.100.8')).toBe('CAPI');
    expect([first.said(OURS), first.said(THEIRS)]).toEqual(['lists:first', 'clean']);
    expect([second.said(OURS), second.said(THEIRS)]).toEqual(['clean', 'lists:second']);
    expect(await storedFeeds(first.store)).toEqual(['CAPI']);
  });

  it('leave nothing behind for the next start', async () => {
    const namespace = `${kind}-restart`;
    const path = join(folder, 'ours.txt');
    await writeFile(path, `${OURS}\n`);
    const before = await running({ place, namespace, sources: [listFile(path)] });
    expect(before.said(OURS)).toBe('lists:ours');
    await before.stop();
    await writeFile(path, `${THEIRS}\n`);
    const changed = await running({ place, namespace, sources: [listFile(path)] });
    expect([changed.said(OURS), changed.said(THEIRS), changed.said(BANNED)]).toEqual(['clean', 'lists:ours', 'CAPI']);
    await changed.stop();
    const removed = await running({ place, namespace });
    expect([removed.said(OURS), removed.said(THEIRS), removed.said(BANNED)]).toEqual(['clean', 'clean', 'CAPI']);
    expect(removed.capi.pulls).toBe(0);
  });

  it('are not put back into a store that was emptied', async () => {
    const agent = await running({ place, namespace: `${kind}-emptied`, sources: [cidrs([OURS])] });
    await agent.store.delete('decisions');
    await time.advance(6 * SECOND_MS);
    expect(await storedFeeds(agent.store)).toEqual(['CAPI']);
    expect([agent.said(OURS), agent.said(BANNED)]).toEqual(['lists:cidrs', 'CAPI']);
  });
});

describe('a source of each process', () => {
  it('holds before CAPI has ever answered, which is still missing', async () => {
    const agent = await running({ capiFails: true, sources: [cidrs([OURS])] });
    expect(agent.said(OURS)).toBe('lists:cidrs');
    expect(agent.said('192.0.2.200')).toBe('unavailable');
    expect([agent.refresher.pulledAt, agent.refresher.isStale]).toEqual([undefined, true]);
    expect(await agent.store.getBlob('decisions')).toBeUndefined();
  });

  it('holds while the store is out of reach', async () => {
    const place: Place = () => ({ store: keyv(join(folder, 'nobody.sock')), deadlineMs: 100 });
    const agent = agentOf({ place, sources: [cidrs([OURS])] });
    await expect(agent.refresher.start()).rejects.toMatchObject({ code: 'CROWDSEC_STORE_UNAVAILABLE' });
    expect(agent.said(OURS)).toBe('lists:cidrs');
  });

  it('is read every everyMs, without pulls, and only what changes is told', async () => {
    const path = join(folder, 'ours.txt');
    await writeFile(path, `${OURS}\n`);
    const agent = await running({ sources: [listFile(path, { everyMs: 2 * SECOND_MS })] });
    await writeFile(path, `${THEIRS}\nnonsense\n`);
    await time.advance(4 * SECOND_MS);
    expect([agent.said(OURS), agent.said(THEIRS)]).toEqual(['clean', 'lists:ours']);
    await time.advance(MINUTE_MS);
    expect(agent.capi.pulls).toBe(1);
    const list = { name: 'ours', kind: 'blocklist', entries: 1, skipped: { value: 1 } };
    expect(agent.refresher.lists).toEqual([{ ...list, status: 'unchanged' }]);
    const told = agent.told.filter(({ lists }) => lists.length > 0);
    expect(told).toMatchObject([{ new: 1 }, { new: 1, skipped: { value: 1 }, lists: [list] }]);
  });

  it('is read by runDue() where timers do not run', async () => {
    let banned = OURS;
    const source = listSource({ name: 'ours', everyMs: SECOND_MS, read: () => [banned] });
    const agent = await running({ sources: [source] });
    banned = THEIRS;
    await agent.refresher.refreshIfDue();
    expect(agent.said(THEIRS)).toBe('clean');
    time.jump(SECOND_MS);
    await agent.refresher.refreshIfDue();
    expect(agent.said(THEIRS)).toBe('lists:ours');
  });

  it('may yield changes: they are its own, and are carried over', async () => {
    const changing: DecisionSource = {
      name: 'acme',
      everyMs: SECOND_MS,
      pull: async ({ startup, clock }) => {
        const delta = new DeltaBuilder();
        const source = delta.sourceId({ feed: 'acme:x', origin: 'acme', type: 'ban', scenario: 'x', allow: false });
        if (startup) for (const ip of [OURS, BANNED]) delta.add('address', ip, source, NEVER);
        else if (clock.now() > startedAt + 3 * HOUR_MS) delta.delete('address', BANNED, source);
        return { delta: delta.build(), lists: [], state: {} };
      },
    };
    const startedAt = time.clock.now();
    const agent = await running({ sources: [changing] });
    expect(
      agent.engine
        .explain(BANNED)
        .map(({ origin }) => origin)
        .toSorted(),
    ).toEqual(['CAPI', 'acme']);
    await time.advance(2 * HOUR_MS, POLLED_EACH_MINUTE);
    await agent.refresher.refresh();
    expect(agent.engine.explain(BANNED)).toHaveLength(2);
    await time.advance(HOUR_MS + 2 * SECOND_MS, POLLED_EACH_MINUTE);
    expect([agent.said(OURS), agent.said(BANNED)]).toEqual(['acme', 'CAPI']);
    expect(agent.engine.explain(BANNED)).toHaveLength(1);
  });

  it('does not hold up the start for long, nor the others, and is asked again after it hung', async () => {
    let asks = 0;
    const hanging = contributed('slow', async () => {
      if (asks++ === 0) await new Promise(() => undefined);
      return answerOf('slow:x', THEIRS);
    });
    const agent = agentOf({ sources: [hanging, cidrs([OURS])] });
    let started = false;
    const start = agent.refresher.start().then(() => (started = true));
    await until(() => agent.said(OURS) === 'lists:cidrs' && agent.refresher.nextPullAt !== undefined);
    expect(started).toBe(false);
    await time.advance(2 * SECOND_MS);
    await start;
    expect(agent.said(BANNED)).toBe('CAPI');
    await time.advance(58 * SECOND_MS);
    await until(() => agent.failures.length > 0);
    expect(agent.failures).toEqual(['no answer within 60 s']);
    await time.advance(SECOND_MS);
    expect(agent.said(THEIRS)).toBe('slow:x');
  });

  it.each<[string, (context: PullContext) => Promise<PullResult>, RegExp]>([
    ['throws', () => Promise.reject(new Error('out of order')), /^out of order$/],
    [
      "yields another's feed",
      async () => answerOf('CAPI', THEIRS),
      /^it spoke for the feed "CAPI", which is not its own$/,
    ],
    ["drops another's feed", async () => ({ ...empty(), delta: drop('CAPI') }), /feed "CAPI"/],
    ["remembers another's list", async () => ({ ...empty(), state: { 'blocklist:tor': TOR } }), /feed "blocklist:tor"/],
    ['yields nothing that is an answer', async () => ({}) as PullResult, /no answer/],
    ['reports what is no list', async () => ({ ...empty(), lists: [{}] }) as unknown as PullResult, /lists\[0\]\.name/],
    ['yields rows of nobody', async () => withRowsOf(7), /rows name sources/],
    ['tells too much apart', async () => withScenarios(1_001), /delta\.sources/],
  ])('that %s changes nothing, is named, and is asked again', async (_, fail, message) => {
    let failing = false;
    const wrong = contributed('acme', (context) =>
      failing ? fail(context) : Promise.resolve(answerOf('acme:x', THEIRS)),
    );
    const agent = await running({ sources: [wrong, cidrs([OURS])] });
    failing = true;
    await time.advance(3 * SECOND_MS);
    expect([agent.said(BANNED), agent.said(OURS), agent.said(THEIRS)]).toEqual(['CAPI', 'lists:cidrs', 'acme:x']);
    const failed = { name: 'acme', status: 'failed', entries: 1, error: expect.stringMatching(message) };
    expect(agent.refresher.lists).toMatchObject([failed, { name: 'cidrs', status: 'replaced' }]);
    expect(agent.failures).toHaveLength(3);
    expect(agent.warnings.filter((line) => line.includes('"acme"'))).toHaveLength(1);
    failing = false;
    await time.advance(SECOND_MS);
    expect(agent.refresher.lists.map(({ status }) => status)).toEqual(['replaced']);
  });
});

describe('another source of the network', () => {
  const network = (banned: () => string): DecisionSource => ({
    name: 'acme',
    pull: async () => answerOf('acme:x', banned()),
  });

  it('is asked together with CAPI, by one process for all', async () => {
    let asks = 0;
    const source = network(() => (asks++, OURS));
    const first = await running({ sources: [source] });
    const second = await running({ sources: [source] });
    expect([first.said(OURS), second.said(OURS), asks]).toEqual(['acme:x', 'acme:x', 1]);
    expect(await first.refresher.refresh()).toMatchObject({ status: 'skipped', reason: 'budget' });
    expect(await storedFeeds(first.store)).toEqual(['CAPI', 'acme:x']);
  });

  it('and CAPI cost each other nothing when they fail', async () => {
    let fails = true;
    const source = network(() => {
      if (fails) throw new Error('out of order');
      return OURS;
    });
    const agent = await running({ sources: [source] });
    expect([agent.said(BANNED), agent.said(OURS)]).toEqual(['CAPI', 'clean']);
    expect(agent.refresher.lists).toMatchObject([{ name: 'acme', status: 'failed', error: 'out of order' }]);
    fails = false;
    await time.advance(15 * MINUTE_MS, POLLED_EACH_MINUTE);
    expect([agent.said(OURS), agent.capi.pulls]).toEqual(['acme:x', 1]);

    const without = await running({ namespace: 'capi-fails', capiFails: true, sources: [network(() => THEIRS)] });
    expect([without.said(THEIRS), without.refresher.pulledAt]).toEqual(['acme:x', undefined]);
    const restarted = await running({ namespace: 'capi-fails', capiFails: true });
    expect([restarted.said(THEIRS), restarted.refresher.pulledAt]).toEqual(['acme:x', undefined]);
  });

  it('is told what it must remember, and so is CAPI', async () => {
    const contexts: Pick<PullContext, 'startup' | 'state'>[] = [];
    const source: DecisionSource = {
      name: 'acme',
      pull: async ({ startup, state }) => {
        contexts.push({ startup, state });
        return { ...answerOf('acme:x', OURS), state: { 'acme:x': TOR } };
      },
    };
    const agent = await running({ sources: [source] });
    await time.advance(2 * HOUR_MS, POLLED_EACH_MINUTE);
    await agent.refresher.refresh();
    expect(contexts).toEqual([
      { startup: true, state: {} },
      { startup: false, state: { 'acme:x': TOR } },
    ]);
    expect(agent.capi.states).toEqual([{}, { 'blocklist:tor': TOR }]);
  });

  it('leaves nothing behind once it is in no options any more', async () => {
    await (await running({ sources: [network(() => OURS)] })).stop();
    const agent = await running();
    await time.advance(2 * HOUR_MS, POLLED_EACH_MINUTE);
    await agent.refresher.refresh();
    expect([agent.said(OURS), agent.said(BANNED)]).toEqual(['clean', 'CAPI']);
    expect(await storedFeeds(agent.store)).toEqual(['CAPI']);
  });
});

describe('sources that could speak for each other', () => {
  it.each<[string, readonly DecisionSource[]]>([
    ['share a name', [cidrs([]), cidrs([])]],
    ['take the name of CAPI', [contributed('capi', async () => empty())]],
    ['have the feeds of lists that CAPI links to', [cidrs([], { name: 'Blocklist' })]],
    ['say so themselves', [{ ...cidrs([], { name: 'x' }), feeds: ['CAP'] }]],
    ['have no name', [contributed('', async () => empty())]],
    ['ask too often', [{ ...cidrs([], { name: 'x' }), everyMs: 999 }]],
  ])('are refused at once: those that %s', (_, sources) => {
    expect(() => agentOf({ sources })).toThrow(expect.objectContaining({ code: 'CROWDSEC_OPTION_INVALID' }));
  });
});

interface AgentOptions {
  readonly place?: Place;
  readonly namespace?: string;
  readonly sources?: readonly DecisionSource[];
  readonly capiFails?: boolean;
}

/** A refresher as an agent has it, on a CAPI that bans {@link BANNED}. */
function agentOf({ place = files, namespace = 'shop', sources = [], capiFails = false }: AgentOptions = {}) {
  const { clock, scheduler } = time;
  const warnings: string[] = [];
  const logger = { ...silentLogger, warn: (line: string) => void warnings.push(line) };
  const store = openStore({ ...place(), namespace, apiRoot: 'https://api.crowdsec.net', clock, logger });
  const engine = new RemediationEngine({ clock });
  const capi = { banned: [BANNED], pulls: 0, states: [] as SourceState[] };
  const told: { readonly new: number; readonly lists: readonly unknown[] }[] = [];
  const failures: string[] = [];
  const capiSource: DecisionSource = {
    name: 'capi',
    feeds: ['CAPI', 'blocklist:', 'allowlist:'],
    pull: async ({ state }) => {
      capi.pulls++;
      capi.states.push(state);
      if (capiFails) throw new Error('CAPI is out of reach');
      return { ...answerOf('CAPI', ...capi.banned), state: { 'blocklist:tor': TOR } };
    },
  };
  const refresher = new Refresher({
    store,
    capi: capiSource,
    sources,
    engine,
    clock,
    scheduler,
    logger,
    intervalMs: 4 * HOUR_MS,
    fetch,
    listener: {
      refreshed: (result) => told.push(result),
      failed: ({ error }) => {
        if (error.message !== 'CAPI is out of reach') failures.push(error.message);
      },
      storeEmptied: () => Promise.resolve(),
    },
  });
  const stop = async (): Promise<void> => {
    await refresher.stop();
    await store.close();
  };
  cleanUp.push(stop);
  const said = (ip: string): string => engine.getIpRemediation(ip).origin;
  return { store, engine, refresher, capi, told, failures, warnings, said, stop };
}

async function running(options: AgentOptions = {}) {
  const agent = agentOf(options);
  await agent.refresher.start();
  await time.advance(0);
  return agent;
}

function keyv(socket: string): Keyv {
  const opened = new Keyv(new KeyvRedis({ socket: { path: socket, tls: false, reconnectStrategy: false } }));
  opened.on('error', () => undefined);
  cleanUp.push(() => opened.disconnect().catch(() => undefined));
  return opened;
}

function contributed(name: string, pull: DecisionSource['pull']): DecisionSource {
  return { name, everyMs: SECOND_MS, pull };
}

/** A feed that bans these addresses, whole. */
function answerOf(feed: string, ...banned: readonly string[]): PullResult {
  const delta = new DeltaBuilder();
  const rows = new RowSet();
  const source = delta.sourceId({ feed, origin: feed, type: 'ban', scenario: '', allow: false });
  for (const ip of banned) rows.add('address', ip, 0, ip.length, source, NEVER);
  delta.replace(feed, rows);
  return { delta: delta.build(), lists: [], state: {} };
}

function empty(): PullResult {
  return { delta: new DeltaBuilder().build(), lists: [], state: {} };
}

function drop(feed: string): PullResult['delta'] {
  const delta = new DeltaBuilder();
  delta.drop(feed);
  return delta.build();
}

function withRowsOf(source: number): PullResult {
  const delta = new DeltaBuilder();
  delta.add('address', THEIRS, source, NEVER);
  return { ...empty(), delta: delta.build() };
}

function withScenarios(count: number): PullResult {
  const delta = new DeltaBuilder();
  for (let i = 0; i < count; i++) {
    delta.sourceId({ feed: 'acme:x', origin: 'acme', type: 'ban', scenario: `${i}`, allow: false });
  }
  return { ...empty(), delta: delta.build() };
}

const TOR = { kind: 'blocklist', name: 'tor', url: 'https://lists.example/tor' } as const;

async function storedFeeds(store: Store): Promise<readonly string[]> {
  const blob = await store.getBlob('decisions');
  const { index } = fromBlob(blob!);
  return [...new Set(index.sources.map(({ feed }) => feed))];
}

/** Waits for what happens by itself, without time passing. */
async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((resolve) => setImmediate(resolve));
}
