import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { Worker } from 'node:worker_threads';
import { systemClock } from '../../packages/core/dist/clock.js';
import { endpointFetch } from '../../packages/core/dist/http/dispatcher.js';
import { parseEndpoint } from '../../packages/core/dist/http/endpoint.js';
import { LapiDecisions } from '../../packages/core/dist/lapi/lapi-decisions.js';
import { LapiTransport } from '../../packages/core/dist/lapi/transport.js';
import { silentLogger } from '../../packages/core/dist/logger.js';
import { RemediationEngine } from '../../packages/core/dist/remediation/remediation-engine.js';
import { timerScheduler } from '../../packages/core/dist/scheduler.js';
import { openStore } from '../../packages/core/dist/store/open-store.js';
import { collectGarbage, median, print, row } from './setup.mjs';

/** @import { Lease, Store } from '../../packages/core/dist/store/store.js' */

/**
 * Decisions of a local API, over HTTP and with a store in files: a full pull of 100,000, and deltas of 100 rows into a million held, in the
 * process that pulls and in one that follows it. The floor of a full pull is reading the same answer with `JSON.parse`, that of a delta the
 * bare call; of a pause, the longest one of a loop that does nothing else; of the bytes written, those on the wire. Of a pause, the
 * longest turn is what the loop's own thread ran; the rest it waited for a processor.
 */
/** Where Linux tells how long this thread has run: what the machine did meanwhile is not in it. */
const OWN_TIME = '/proc/thread-self/schedstat';
const LOOKUPS_PER_MS = 20;
const ROUNDS = 20;

const server = new Worker(new URL('lapi-server.mjs', import.meta.url));
const [port] = await once(server, 'message');
const url = `http://127.0.0.1:${port}`;
const folder = await mkdtemp(join(tmpdir(), 'crowdsec-bench-lapi-'));
let written = 0;

const idle = await watched(undefined, '', () => new Promise((resolve) => setTimeout(resolve, 2_000)));
await measureFull(10_000, false);
await measureFull(100_000, true);
await measureDeltas(1_000_000);
await server.terminate();
await rm(folder, { recursive: true, force: true });

/**
 * @param {number} n
 * @param {boolean} isPrinted a small pull comes first, so that the figures are not those of the compiler
 */
async function measureFull(n, isPrinted) {
  const held = await begin(n);
  const { decisions, engine, close } = open(`full-${n}`);
  const parsedAt = performance.now();
  JSON.parse(await (await fetch(`${url}/v1/decisions/stream?startup=true`)).text());
  const floorMs = performance.now() - parsedAt;
  const pull = await watched(engine, held, () => decisions.refresh());
  await close();
  if (!isPrinted) return;
  print(row('lapi', 'full-pull', n, 'ms', [{ value: pull.tookMs, floor: floorMs }]), ...pauses('full-pull', n, [pull]));
}

/** @param {number} n */
async function measureDeltas(n) {
  const held = await begin(n);
  const [puller, follower] = [open('deltas'), open('deltas')];
  await puller.decisions.refresh();
  await follower.decisions.refresh();
  for (const { decisions } of [puller, follower])
    if (decisions.health.count < n * 0.9) throw new Error('it holds too few');
  /** @type {{ pull: Awaited<ReturnType<typeof watched>>, follow: Awaited<ReturnType<typeof watched>>, bytes: number, wire: number, floorMs: number }[]} */
  const rounds = [];
  for (let round = 0; round < ROUNDS; round++) {
    const calledAt = performance.now();
    const wire = (await (await fetch(`${url}/v1/decisions/stream`)).text()).length;
    const floorMs = performance.now() - calledAt;
    written = 0;
    const pull = await watched(puller.engine, held, () => puller.decisions.refresh());
    const bytes = written;
    const follow = await watched(follower.engine, held, () => follower.decisions.refresh());
    if (round > 0) rounds.push({ pull, follow, bytes, wire, floorMs });
  }
  if (puller.decisions.health.count !== follower.decisions.health.count)
    throw new Error('the follower holds other decisions');
  await Promise.all([puller.close(), follower.close()]);
  print(
    row(
      'lapi',
      'delta-of-100',
      n,
      'ms',
      rounds.map(({ pull, floorMs }) => ({ value: pull.tookMs, floor: floorMs })),
    ),
    ...pauses(
      'delta-of-100',
      n,
      rounds.map(({ pull }) => pull),
    ),
    row(
      'lapi',
      'delta-of-100-bytes-stored',
      n,
      'B',
      rounds.map(({ bytes, wire }) => ({ value: bytes, floor: wire })),
    ),
    row(
      'lapi',
      'delta-of-100-follower',
      n,
      'ms',
      rounds.map(({ follow, floorMs }) => ({ value: follow.tookMs, floor: floorMs })),
    ),
    ...pauses(
      'delta-of-100-follower',
      n,
      rounds.map(({ follow }) => follow),
    ),
  );
  if (median(rounds.map(({ bytes }) => bytes)) > 1e6) throw new Error('a delta rewrites the snapshot');
}

/**
 * The longest pause of all these works, and the longest turn.
 *
 * @param {string} name
 * @param {number} n
 * @param {readonly { longestMs: number, longestTurnMs: number }[]} works
 */
function pauses(name, n, works) {
  const longest = Math.max(...works.map(({ longestMs }) => longestMs));
  const longestTurn = Math.max(...works.map(({ longestTurnMs }) => longestTurnMs));
  return [
    row('lapi', `${name}-longest-pause`, n, 'ms', [{ value: longest, floor: idle.longestMs }]),
    ...(existsSync(OWN_TIME)
      ? [row('lapi', `${name}-longest-turn`, n, 'ms', [{ value: longestTurn, floor: idle.longestTurnMs }])]
      : []),
  ];
}

/** @param {number} n */
async function begin(n) {
  const answer = await fetch(`${url}/start?n=${n}`);
  const { held } = /** @type {{ held: string }} */ (await answer.json());
  collectGarbage();
  return held;
}

/**
 * What one process has, on a store of this name.
 *
 * @param {string} name
 */
function open(name) {
  const store = counted(
    openStore({ stateDir: folder, namespace: name, apiRoot: url, clock: systemClock, logger: silentLogger }),
  );
  const endpoint = parseEndpoint(url, 'url');
  const { fetch: send, close } = endpointFetch(endpoint);
  const engine = new RemediationEngine({ clock: systemClock });
  const decisions = new LapiDecisions({
    transport: new LapiTransport({ endpoint, userAgent: 'bench/v1.0.0', fetch: send }),
    credential: 'bench',
    filter: { scopes: ['ip', 'range'] },
    intervalMs: 10_000,
    store,
    engine,
    clock: systemClock,
    scheduler: timerScheduler,
    logger: silentLogger,
    listener: { refreshed: () => undefined, failed: () => undefined },
  });
  return {
    decisions,
    engine,
    close: async () => {
      await decisions.stop();
      await close();
      await store.close();
    },
  };
}

/**
 * A store that counts the bytes of what is written under a lease.
 *
 * @param {Store} store
 * @returns {Store}
 */
function counted(store) {
  const countingLease = (/** @type {Lease} */ lease) =>
    new Proxy(lease, {
      get(target, key) {
        if (key !== 'putBlob') return Reflect.get(target, key, target);
        /** @type {Lease['putBlob']} */
        return (name, blob) => {
          written += JSON.stringify(blob.head).length;
          written += blob.chunks.reduce((sum, chunk) => sum + chunk.byteLength, 0);
          return target.putBlob(name, blob);
        };
      },
    });
  return new Proxy(store, {
    get(target, key) {
      if (key !== 'lease') {
        const value = Reflect.get(target, key, target);
        return typeof value === 'function' ? value.bind(target) : value;
      }
      return async (/** @type {string} */ name, /** @type {number} */ ttlMs) => {
        const lease = await target.lease(name, ttlMs);
        return lease && countingLease(lease);
      };
    },
  });
}

/**
 * Runs the work beside lookups of an address that is held all the while.
 *
 * @param {RemediationEngine | undefined} engine
 * @param {string} held
 * @param {() => Promise<unknown>} work
 */
async function watched(engine, held, work) {
  const wasHeld = engine?.getIpRemediation(held).remediation === 'ban';
  let wrong = 0;
  let longestTurnMs = 0;
  let ranMs = ownMs();
  const timer = setInterval(() => {
    const ranBefore = ranMs;
    ranMs = ownMs();
    longestTurnMs = Math.max(longestTurnMs, ranMs - ranBefore);
    for (let i = 0; i < LOOKUPS_PER_MS; i++)
      if (wasHeld && engine?.getIpRemediation(held).remediation !== 'ban') wrong++;
  }, 1);
  const delays = monitorEventLoopDelay({ resolution: 1 });
  delays.enable();
  const start = performance.now();
  await work();
  const tookMs = performance.now() - start;
  // The last pause is noticed by the turn after it.
  await new Promise((resolve) => setTimeout(resolve, 5));
  delays.disable();
  clearInterval(timer);
  if (wrong > 0) throw new Error(`${wrong} lookups were wrong meanwhile`);
  return { tookMs, longestMs: delays.max / 1e6, longestTurnMs };
}

/** How long this thread has run, in ms, waiting for a processor not included. */
function ownMs() {
  return existsSync(OWN_TIME) ? Number(readFileSync(OWN_TIME, 'latin1').split(' ')[0]) / 1e6 : 0;
}
