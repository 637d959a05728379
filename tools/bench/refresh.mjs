import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { getHeapStatistics } from 'node:v8';
import { Worker } from 'node:worker_threads';
import { systemClock } from '../../packages/core/dist/clock.js';
import { DecisionIndex } from '../../packages/core/dist/decisions/decision-index.js';
import { silentLogger } from '../../packages/core/dist/logger.js';
import { RemediationEngine } from '../../packages/core/dist/remediation/remediation-engine.js';
import { capiSource } from '../../packages/core/dist/sources/capi-source.js';
import { collectGarbage, heldBytes, print, row } from './setup.mjs';

/** @import { PullContext } from '../../packages/core/dist/entries/extension.js' */

/**
 * A refresh from the HTTP response on, while lookups go on: 60,000 decisions in the stream, and a list of a million
 * lines. The floor of a delay is the longest one of the same loop with lookups alone; that of memory is the finished
 * index. Of a delay, the longest turn is what the loop's own thread ran; the rest it waited for a processor.
 */
const LOOKUPS_PER_S = 50_000;
/** Where Linux tells how long this thread has run: what the machine did meanwhile is not in it. */
const OWN_TIME = '/proc/thread-self/schedstat';
const server = new Worker(new URL('server.mjs', import.meta.url));
const [port] = await once(server, 'message');
const root = `http://127.0.0.1:${port}`;
const file = process.argv[2];

/** @type {{ stream: string, list?: string }[]} */
const runs = file
  ? [{ stream: '/empty', list: `/list?file=${encodeURIComponent(file)}` }]
  : [{ stream: '/stream?n=60000' }, { stream: '/empty', list: '/list?n=1000000' }];
for (const run of runs) print(...(await measure(run)));
await server.terminate();

/** @param {{ stream: string, list?: string }} run */
async function measure({ stream, list }) {
  const source = capiSource({
    allowHttpLists: true,
    getStreamDecisions: () => fetch(root + stream).then((answer) => answer.text()),
  });
  const links = list && {
    blocklists: [{ name: 'bench', url: root + list, remediation: 'ban', scope: 'ip', duration: '24h' }],
  };
  await fetch(`${root}/links`, { method: 'POST', body: JSON.stringify(links ?? {}) });
  // The sets stay in the server's thread: a large heap here would be measured along.
  const about = await fetch(`${root}/about?body=${encodeURIComponent(list ?? stream)}`);
  const { n, held } = /** @type {{ n: number, held: string }} */ (await about.json());

  const engine = new RemediationEngine({ clock: systemClock });
  engine.swap(DecisionIndex.empty);
  // A small refresh first, so that the figures are not those of the compiler.
  /** @type {PullContext['state']} */
  const state = {};
  await refresh(engine, source, state);
  engine.swap(await engine.index.apply((await source.pull(context(engine, state))).delta, { now: Date.now() }));

  const before = await heldBytes();
  const idle = await watched(engine, held, () => new Promise((resolve) => setTimeout(resolve, 1500)));
  const busy = await watched(engine, held, () => refresh(engine, source, state));
  const size = Object.values(engine.index.tables).reduce((sum, table) => sum + table.byteLength, 0);
  if (busy.wrong > 0) throw new Error(`${busy.wrong} lookups were wrong during the refresh`);
  return [
    row('refresh', 'longest-delay', n, 'ms', [{ value: busy.longestMs, floor: idle.longestMs }]),
    ...(existsSync(OWN_TIME)
      ? [row('refresh', 'longest-turn', n, 'ms', [{ value: busy.longestTurnMs, floor: idle.longestTurnMs }])]
      : []),
    row('refresh', 'memory-growth', n, 'MB', [{ value: (busy.peak - before) / 1e6, floor: size / 1e6 }]),
    row('refresh', 'duration', n, 'ms', [{ value: busy.tookMs, floor: idle.tookMs }]),
    row('refresh', 'lookups-during', n, '1/s', [
      { value: (busy.lookups / busy.tookMs) * 1000, floor: (idle.lookups / idle.tookMs) * 1000 },
    ]),
  ];
}

/**
 * @param {RemediationEngine} engine
 * @param {ReturnType<typeof capiSource>} source
 * @param {PullContext['state']} state
 */
async function refresh(engine, source, state) {
  const { delta } = await source.pull(context(engine, state));
  engine.swap(await engine.index.apply(delta, { now: Date.now() }));
}

/**
 * @param {RemediationEngine} engine
 * @param {PullContext['state']} state
 */
function context(engine, state) {
  return {
    startup: false,
    index: engine.index,
    state,
    nextRefreshInMs: 48 * 3_600_000,
    clock: systemClock,
    logger: silentLogger,
    fetch,
    signal: new AbortController().signal,
  };
}

/**
 * Runs the work beside lookups; an address that is listed before and after must be found all the while.
 *
 * @param {RemediationEngine} engine
 * @param {string} held that address
 * @param {() => Promise<void>} work
 */
async function watched(engine, held, work) {
  const delays = monitorEventLoopDelay({ resolution: 1 });
  let lookups = 0;
  let wrong = 0;
  let peak = 0;
  let longestTurnMs = 0;
  let ranMs = ownMs();
  let start = performance.now();
  // As many as the time that has passed asks for, however late the timer is.
  const timer = setInterval(() => {
    const ranBefore = ranMs;
    ranMs = ownMs();
    longestTurnMs = Math.max(longestTurnMs, ranMs - ranBefore);
    const due = ((performance.now() - start) / 1000) * LOOKUPS_PER_S;
    for (; lookups < due; lookups += 2) {
      if (engine.getIpRemediation(held).remediation !== 'ban') wrong++;
      if (engine.getIpRemediation(`240.${lookups & 255}.0.1`).remediation !== 'bypass') wrong++;
    }
    const { used_heap_size, external_memory } = getHeapStatistics();
    peak = Math.max(peak, used_heap_size + external_memory);
  }, 1);
  collectGarbage();
  ranMs = ownMs();
  delays.enable();
  start = performance.now();
  await work();
  const tookMs = performance.now() - start;
  delays.disable();
  clearInterval(timer);
  return { longestMs: delays.max / 1e6, longestTurnMs, tookMs, lookups, wrong, peak };
}

/** How long this thread has run, in ms, waiting for a processor not included. */
function ownMs() {
  return existsSync(OWN_TIME) ? Number(readFileSync(OWN_TIME, 'latin1').split(' ')[0]) / 1e6 : 0;
}
