import KeyvRedis from '@keyv/redis';
import Keyv from 'keyv';
import { setImmediate as nextTurn, setTimeout as delay } from 'node:timers/promises';
import { builds, fromCore } from './builds.mjs';
import { startRedis } from '../redis-server.mjs';
import { median, print, rotated, row } from './setup.mjs';

/**
 * What `report()` costs the request that it is called from, against pushing an object on an array; and what the slowest in a hundred
 * cost while the store hangs, against those while it does not.
 */
const ROUNDS = 60;
/** So few that a batch is over before the machine turns to something else. */
const BATCH = 500;
const WINDOW_MS = 600;

const redis = await startRedis({ appendOnly: true });
const keyv = new Keyv(new KeyvRedis({ socket: { path: redis.socket, tls: false } }));
const silent = { debug() {}, info() {}, warn() {}, error() {} };
/** @type {(typeof import('../../packages/core/dist/index.js'))[]} */
const cores = [];
for (const build of builds) cores.push(await fromCore(build, 'index.js'));
/** Never started: they take signals and journal them, and call nobody. One for each checkout. */
const open = () =>
  cores.map(({ createCrowdsec }) =>
    createCrowdsec({
      apiUrl: 'http://127.0.0.1:9',
      store: keyv,
      namespace: `bench-${opened++}`,
      scenarios: ['bench/report'],
      logger: silent,
    }),
  );
let opened = 0;
let agents = open();

let number = 0;
const nextIp = () => `20.${(++number >> 16) & 255}.${(number >> 8) & 255}.${number & 255}`;
/** @type {unknown[]} */
const queue = [];
/** @type {Record<string, (ip: string) => unknown>} */
const subjects = { floor: (ip) => queue.push({ ip, scenario: 'bench/report', at: Date.now() }) };
for (const [i, { suffix }] of builds.entries()) {
  subjects[`new-ip${suffix}`] = (ip) => agents[i].report({ ip, scenario: 'bench/report' });
  subjects[`same-ip${suffix}`] = () => agents[i].report({ ip: '20.255.255.1', scenario: 'bench/report' });
  subjects[`whisper${suffix}`] = (ip) => agents[i].whisper({ ip, scenario: 'bench/report' });
}

const names = Object.keys(subjects);
const rounds = [];
for (let round = -20; round < ROUNDS; round++) {
  /** @type {Record<string, number>} */
  const times = {};
  for (const name of rotated(names, round + 20)) {
    times[name] = nanosecondsEach(subjects[name], Array.from({ length: BATCH }, nextIp));
    await nextTurn();
  }
  if (round >= 0) rounds.push(times);
  if (round % 5 === 0) await startAnew();
}

for (const name of names.filter((each) => each !== 'floor')) {
  const paired = rounds.map((times) => ({ value: times[name], floor: times.floor }));
  print(row('report', name, BATCH, 'ns', paired));
}

const latencies = [];
for (let round = -1; round < 6; round++) {
  await startAnew();
  const fine = await p99(WINDOW_MS);
  redis.pause();
  await delay(100);
  const hanging = await p99(WINDOW_MS);
  redis.resume();
  await delay(300);
  if (round >= 0) latencies.push({ value: hanging, floor: fine });
}

await keyv.store.disconnect(true);
await redis.dispose();
print(row('report', 'p99-store-hangs', BATCH, 'ns', latencies));
process.exit();

/** With empty buffers, once the journal has what the full ones held. */
async function startAnew() {
  for (const agent of agents) {
    const { refused } = agent.health().signals;
    if (Object.keys(refused).length > 0) throw new Error(`some reports were refused: ${JSON.stringify(refused)}`);
  }
  await delay(300);
  queue.length = 0;
  agents = open();
}

/**
 * @param {(ip: string) => unknown} subject
 * @param {string[]} ips
 */
function nanosecondsEach(subject, ips) {
  const start = process.hrtime.bigint();
  for (const ip of ips) subject(ip);
  return Number(process.hrtime.bigint() - start) / ips.length;
}

/**
 * Of single calls, a few in each turn of the event loop, as requests come: the median of the 99th percentiles of tenths of the time.
 *
 * @param {number} forMs
 */
async function p99(forMs) {
  const percentiles = [];
  for (let part = 0; part < 10; part++) {
    const times = [];
    for (const end = performance.now() + forMs / 10; performance.now() < end; await delay(1)) {
      for (let call = 0; call < 5; call++) times.push(nanosecondsEach(subjects['new-ip'], [nextIp()]));
    }
    percentiles.push(times.sort((a, b) => a - b)[Math.floor(times.length * 0.99)]);
  }
  return median(percentiles);
}
