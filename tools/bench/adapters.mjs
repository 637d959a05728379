import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createCrowdsec, silentLogger } from '../../packages/core/dist/index.js';
import { startSandbox } from '../../packages/sandbox/dist/index.js';
import { microsecondsEach, startServer } from './adapter-load.mjs';
import { builds } from './builds.mjs';
import { synthetic } from './data.mjs';
import { median, print, rotated, spreadOf } from './setup.mjs';

/** @import { Row } from './types.d.mts' */
/** @import { Variant } from './adapter-server.mjs' */

/**
 * What a passing request costs a server, in CPU time of its process (`process.cpuUsage`), while this process is the load: with a
 * middleware that reads the same of the request and does nothing, with the adapter and 60,000 decisions, and with all bundled detectors
 * besides. Behind a trusted proxy, so that the adapter reads two addresses.
 *
 * Each server has a process of its own. All of a framework's take turns in short rounds, another one first in each, and are started
 * anew several times, since what the compiler makes of the same code differs from one process to the next. What is added is the
 * difference to the no-op in the same round; `BENCH_FRAMEWORKS` names the frameworks to measure.
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
const STARTS = Number(process.env.BENCH_STARTS ?? 3);
const ROUNDS = Number(process.env.BENCH_ROUNDS ?? 40);
/** Requests to each server before the first round: until then the compiler is at work. */
const WARM_UP = Number(process.env.BENCH_WARM_UP ?? 20_000);
const REQUESTS = 400;

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
  /** @type {Record<string, number>[]} */
  const rounds = [];
  for (let start = 0; start < STARTS; start++) rounds.push(...(await measure(framework)));
  print(...rowsOf(framework, rounds));
}
rmSync(stateDir, { recursive: true });

/** @param {string} framework */
async function measure(framework) {
  const servers = new Map();
  for (const subject of subjects)
    servers.set(subject.name, await startServer(framework, subject.variant, stateDir, subject.root));
  const rounds = [];
  for (const server of servers.values()) await microsecondsEach(server, WARM_UP);
  for (let round = 0; round < ROUNDS; round++) {
    /** @type {Record<string, number>} */
    const costs = {};
    // Another one goes first in each round: whoever follows a pause or a collection pays for it.
    for (const { name } of rotated(subjects, round)) costs[name] = await microsecondsEach(servers.get(name), REQUESTS);
    rounds.push(costs);
  }
  for (const { child } of servers.values()) child.kill();
  return rounds;
}

/**
 * @param {string} framework
 * @param {Record<string, number>[]} rounds
 * @returns {Row[]}
 */
function rowsOf(framework, rounds) {
  const costs = (/** @type {string} */ name) => rounds.map((round) => round[name]);
  const floor = median(costs('no-op'));
  return subjects
    .filter(({ variant }) => variant !== 'no-op')
    .map(({ name, variant }) => {
      const added = rounds.map((round) => round[name] - round['no-op']);
      const isFramework = variant === 'bare';
      const value = isFramework ? median(costs(name)) : median(added);
      return {
        bench: 'adapters',
        case: isFramework ? `${framework} bare` : `${framework} added, ${name}`,
        n: DECISIONS,
        value,
        unit: 'us',
        floor,
        ratio: value / floor,
        spread: spreadOf(isFramework ? costs(name) : added),
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
