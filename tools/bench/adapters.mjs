import { fork } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createCrowdsec, silentLogger } from '../../packages/core/dist/index.js';
import { startSandbox } from '../../packages/sandbox/dist/index.js';
import { synthetic } from './data.mjs';
import { print, rotated, spreadOf } from './setup.mjs';

/** @import { ChildProcess } from 'node:child_process' */
/** @import { Row } from './types.d.mts' */
/** @import { Variant } from './adapter-server.mjs' */

/**
 * What a passing request costs a server, in CPU time of its process (`process.cpuUsage`), while this process is the
 * load: bare, with a middleware that reads the same of the request and does nothing, with the adapter and 60,000
 * decisions, and with a detector besides that listens to requests and answers. Behind a trusted proxy, so that the
 * adapter reads two addresses. A framework's four servers share a process, so that nothing else differs, and take turns
 * in short rounds; of the rounds, the lowest tenth counts: whatever else the machine does only ever adds.
 */
const FRAMEWORKS = ['koa', 'express', 'fastify', 'hono', 'nestjs'];
const VARIANTS = /** @type {const} */ (['bare', 'no-op', 'adapter', 'with detectors']);
const DECISIONS = 60_000;
const ROUNDS = 60;
const WARM_UP = 6;
const REQUESTS = 600;
const CONNECTIONS = 8;

const stateDir = await pulledFolder();
for (const framework of FRAMEWORKS) {
  const { child, ports } = await startServers(framework);
  const rounds = [];
  for (let round = -WARM_UP; round < ROUNDS; round++) {
    const costs = { bare: 0, 'no-op': 0, adapter: 0, 'with detectors': 0 };
    // Another one goes first in each round: whoever follows a pause or a collection pays for it.
    for (const variant of rotated(VARIANTS, round + WARM_UP))
      costs[variant] = await microsecondsEach(child, ports[variant]);
    if (round >= 0) rounds.push(costs);
  }
  child.kill();
  print(...rowsOf(framework, rounds));
}
rmSync(stateDir, { recursive: true });

/**
 * @param {string} framework
 * @param {Record<Variant, number>[]} rounds
 * @returns {Row[]}
 */
function rowsOf(framework, rounds) {
  const costs = (/** @type {Variant} */ variant) => rounds.map((round) => round[variant]);
  const cost = (/** @type {Variant} */ variant) => lowestTenth(costs(variant));
  /** @type {(name: string, value: number, floor: number, spread: number) => Row} */
  const row = (name, value, floor, spread) => ({
    bench: 'adapters',
    case: `${framework} ${name}`,
    n: DECISIONS,
    value,
    unit: 'us',
    floor,
    ratio: value / floor,
    spread,
  });
  const added = (/** @type {Variant} */ variant) => cost(variant) - cost('bare');
  const addedSpread = (/** @type {Variant} */ variant) => spreadOf(rounds.map((round) => round[variant] - round.bare));
  return [
    ...VARIANTS.map((variant) => row(variant, cost(variant), cost('bare'), spreadOf(costs(variant)))),
    // Against what the no-op adds.
    row('added', added('adapter'), added('no-op'), addedSpread('adapter')),
    row('added with detectors', added('with detectors'), added('no-op'), addedSpread('with detectors')),
  ];
}

/** @param {readonly number[]} numbers */
function lowestTenth(numbers) {
  return [...numbers].sort((a, b) => a - b)[Math.floor(numbers.length / 10)];
}

async function pulledFolder() {
  const folder = mkdtempSync(join(tmpdir(), 'crowdsec-bench-'));
  const sandbox = await startSandbox();
  sandbox.decisions.add(synthetic(DECISIONS).map((value) => ({ value })));
  const crowdsec = createCrowdsec({ apiUrl: sandbox.url, stateDir: folder, logger: silentLogger });
  const refreshed = new Promise((resolve) => void crowdsec.on('refreshed', resolve));
  await crowdsec.start();
  await refreshed;
  await crowdsec.stop();
  await sandbox.stop();
  // Servers that start with this folder find the decisions under the same API root, which nobody serves any more.
  process.env.BENCH_API_URL = sandbox.url;
  return folder;
}

/** @param {string} framework */
async function startServers(framework) {
  const child = fork(new URL('adapter-server.mjs', import.meta.url), [framework, stateDir], {
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    env: { ...process.env, NODE_ENV: 'production' },
  });
  /** @type {{ ports: Record<Variant, number> }} */
  const { ports } = await new Promise((resolve, reject) => {
    child.once('message', resolve);
    child.once('exit', (code) => reject(new Error(`the servers on ${framework} ended with ${code}`)));
  });
  return { child, ports };
}

/**
 * @param {ChildProcess} child
 * @param {number} port
 */
async function microsecondsEach(child, port) {
  const before = await cpuOf(child);
  await Promise.all(Array.from({ length: CONNECTIONS }, () => converse(port, REQUESTS / CONNECTIONS)));
  return ((await cpuOf(child)) - before) / REQUESTS;
}

/**
 * The CPU time of the servers' process so far, in µs.
 *
 * @param {ChildProcess} child
 * @returns {Promise<number>}
 */
function cpuOf(child) {
  return new Promise((resolve) => {
    child.once('message', (message) => resolve(/** @type {{ cpu: number }} */ (message).cpu));
    child.send('cpu');
  });
}

/**
 * So many requests on one connection, each after the answer to the last.
 *
 * @param {number} port
 * @param {number} count
 * @returns {Promise<void>}
 */
function converse(port, count) {
  return new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1');
    let left = count;
    const ask = () => {
      if (left-- === 0) {
        socket.end(resolve);
        return;
      }
      const visitor = `10.${left & 255}.${(left * 7) & 255}.${port & 255}`;
      socket.write(
        `GET /hello HTTP/1.1\r\nhost: localhost\r\naccept: text/html,*/*;q=0.8\r\nuser-agent: bench\r\nx-forwarded-for: ${visitor}\r\n\r\n`,
      );
    };
    socket.setNoDelay().on('connect', ask).on('error', reject);
    // A small answer comes in one piece.
    socket.on('data', (chunk) =>
      chunk.toString('latin1', 9, 12) === '200' ? ask() : reject(new Error(chunk.toString())),
    );
  });
}
