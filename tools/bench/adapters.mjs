import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createCrowdsec, silentLogger } from '../../packages/core/dist/index.js';
import { startSandbox } from '../../packages/sandbox/dist/index.js';
import { microsecondsInProcess, microsecondsOnSockets, startServer } from './adapter-load.mjs';
import { builds } from './builds.mjs';
import { synthetic } from './data.mjs';
import { median, print, rotated, spreadOf } from './setup.mjs';

/** @import { Row } from './types.d.mts' */
/** @import { Variant } from './adapter-server.mjs' */

/**
 * What a passing request costs a server: with a middleware that reads the same of the request and does nothing, with the adapter and
 * 60,000 decisions, and with all bundled detectors besides. Behind a trusted proxy, so that the adapter reads two addresses.
 *
 * What is added is the difference to the no-op in the same round, with requests that the server's own process hands over: on sockets the
 * kernel's share differs from round to round by more than what is looked for. Its share (`ratio`) is of the CPU time that the no-op takes
 * on sockets (`floor`), as a server does, with this process as the load.
 *
 * Each server has a process of its own. All of a framework's take turns, another one first in each round, and are started anew several
 * times, since what the compiler makes of the same code differs from one process to the next: the value is the median of the starts, and
 * the spread is theirs. `BENCH_FRAMEWORKS` names the frameworks to measure.
 */
const FRAMEWORKS = process.env.BENCH_FRAMEWORKS?.split(',') ?? [
  'koa',
  'express',
  'fastify',
  'hono',
  'node-http',
  'nestjs',
];
const DECISIONS = 60_000;
const STARTS = Number(process.env.BENCH_STARTS ?? 7);
const ROUNDS = Number(process.env.BENCH_ROUNDS ?? 12);
/** Rounds of requests for each server before the first turn: until then the compiler is at work. */
const WARM_UP = Number(process.env.BENCH_WARM_UP ?? 300);
/** Rounds of requests in a turn. */
const ROUNDS_A_TURN = 24;
const REQUESTS_ON_SOCKETS = 800;
const ON_SOCKETS = ', on sockets';

/** @typedef {{ name: string, variant: Variant, root: string }} Subject */
const [own] = builds;
/** @type {Subject[]} */
const subjects = [
  { name: 'bare', variant: 'bare', root: own.root },
  { name: 'no-op', variant: 'no-op', root: own.root },
  ...builds.flatMap(({ root, suffix }) =>
    /** @type {const} */ (['adapter', 'with detectors']).map((variant) => ({
      name: `${variant}${suffix}`,
      variant,
      root,
    })),
  ),
];

const stateDir = await pulledFolder();
for (const framework of FRAMEWORKS) {
  // The other checkout may be from before there was an adapter for it.
  const present = subjects.filter(({ root }) => existsSync(join(root, 'packages', framework)));
  /** @type {Record<string, number>[][]} */
  const starts = [];
  for (let start = 0; start < STARTS; start++) starts.push(await measure(framework, present));
  print(...rowsOf(framework, present, starts));
}
rmSync(stateDir, { recursive: true });

/**
 * @param {string} framework
 * @param {Subject[]} present
 */
async function measure(framework, present) {
  const servers = new Map();
  for (const subject of present)
    servers.set(subject.name, await startServer(framework, subject.variant, stateDir, subject.root));
  const rounds = [];
  const noOp = servers.get('no-op');
  for (const server of servers.values()) await microsecondsInProcess(server, WARM_UP);
  await microsecondsOnSockets(noOp, 10 * REQUESTS_ON_SOCKETS);
  for (let round = 0; round < ROUNDS; round++) {
    /** @type {Record<string, number>} */
    const costs = {};
    // Another one goes first in each round: whoever follows a pause or a collection pays for it.
    for (const { name } of rotated(present, round))
      costs[name] = await microsecondsInProcess(servers.get(name), ROUNDS_A_TURN);
    costs[ON_SOCKETS] = await microsecondsOnSockets(noOp, REQUESTS_ON_SOCKETS);
    rounds.push(costs);
  }
  for (const { child } of servers.values()) child.kill();
  return rounds;
}

/**
 * @param {string} framework
 * @param {Subject[]} present
 * @param {Record<string, number>[][]} starts the rounds of each
 * @returns {Row[]}
 */
function rowsOf(framework, present, starts) {
  const medians = (/** @type {(costs: Record<string, number>) => number} */ of) =>
    starts.map((rounds) => median(rounds.map(of)));
  const floor = median(medians((costs) => costs[ON_SOCKETS]));
  return present
    .filter(({ variant }) => variant !== 'no-op')
    .map(({ name, variant }) => {
      const isFramework = variant === 'bare';
      const values = medians((costs) => (isFramework ? costs[name] : costs[name] - costs['no-op']));
      const value = median(values);
      return {
        bench: 'adapters',
        case: isFramework ? `${framework} bare` : `${framework} added, ${name}`,
        n: DECISIONS,
        value,
        unit: 'us',
        floor,
        ratio: value / floor,
        spread: spreadOf(values),
      };
    });
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
