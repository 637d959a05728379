import { MeterProvider, MetricReader } from '@opentelemetry/sdk-metrics';
import { metrics } from '@opentelemetry/api';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { builds, fromCore } from './builds.mjs';
import { fresh, queries, seeded, synthetic } from './data.mjs';
import { indexOf, print, row, timesInRounds } from './setup.mjs';

/** @import { RequestFacts } from '../../packages/core/dist/index.js' */
/** @import { Build } from './builds.mjs' */

/**
 * What metrics cost a request: `bouncer.inspect` of an agent that has found no OpenTelemetry SDK, and of one that has, against
 * `getIpRemediation` of the same agent; and what one collection costs, which happens once in some seconds, against `health()`. In each round
 * every subject has requests of its own, and another subject begins. The agents of another checkout (`--against`) take their turns among ours.
 */
const DECISIONS = 60_000;
const ROUNDS = 1_000;
const WARM_UP = 100;
const BATCH = 200;
const COLLECTIONS = 200;

/** Collects when it is told to. */
class Reader extends MetricReader {
  /** @override */
  async onForceFlush() {}
  /** @override */
  async onShutdown() {}
}

/** Jobs would take their turns in the middle of a batch. */
const withoutJobs = { schedule: () => ({ [Symbol.dispose]() {} }) };
const values = synthetic(DECISIONS);
const folder = await mkdtemp(join(tmpdir(), 'crowdsec-bench-metrics-'));

/** @type {Record<string, (facts: RequestFacts) => unknown>} */
const subjects = {};
/** @type {{ stop(): Promise<void>, health(): unknown }[]} */
const agents = [];
for (const build of builds) await addAgent(build, 'no SDK');
const reader = new Reader();
metrics.setGlobalMeterProvider(new MeterProvider({ readers: [reader] }));
for (const build of builds) await addAgent(build, 'with the SDK');

try {
  await checkWhoIsCollected();
  measureRequests();
  await measureCollections();
} finally {
  await Promise.all(agents.map((agent) => agent.stop()));
  await rm(folder, { recursive: true, force: true });
}
process.exit();

/**
 * Adds an agent that holds the decisions and has nothing to do but to answer, and its floor: decisions of its own, in memory of its own.
 *
 * @param {Build} build
 * @param {'no SDK' | 'with the SDK'} sdk
 */
async function addAgent(build, sdk) {
  /** @type {typeof import('../../packages/core/dist/index.js')} */
  const { createCrowdsec, silentLogger } = await fromCore(build, 'index.js');
  /** @type {typeof import('../../packages/core/dist/installation.js')} */
  const { openInstallation } = await fromCore(build, 'installation.js');
  /** @type {typeof import('../../packages/core/dist/refresh/snapshot.js')} */
  const { toBlob } = await fromCore(build, 'refresh/snapshot.js');
  const place = { apiUrl: 'http://127.0.0.1:9', stateDir: join(folder, `${agents.length}`) };
  const { store, close } = openInstallation(place);
  const index = await indexOf(values, Date.now(), build);
  await store.putBlob('decisions', toBlob({ index, pulledAt: Date.now(), sourceState: {} }));
  await close();
  const pass = () => /** @type {const} */ ('pass');
  const remedies = { ban: pass, captcha: pass };
  const agent = createCrowdsec({ ...place, remedies, logger: silentLogger, scheduler: withoutJobs });
  await agent.start();
  if (agent.health().decisions.count !== DECISIONS) throw new Error('the agent does not hold the decisions');
  const name = `${sdk}${build.suffix}`;
  subjects[`floor, ${name}`] = ({ remoteAddress = '' }) => agent.getIpRemediation(remoteAddress).remediation;
  subjects[`inspect, ${name}`] = (facts) => agent.bouncer.inspect(facts).action;
  agents.push(agent);
}

/** The agents that were started before there was an SDK tell it nothing. */
async function checkWhoIsCollected() {
  const { resourceMetrics } = await reader.collect();
  const names = resourceMetrics.scopeMetrics.flatMap((scope) => scope.metrics.map(({ descriptor }) => descriptor.name));
  if (!names.includes('crowdsec.bouncer.requests')) throw new Error('the SDK is told nothing');
}

function measureRequests() {
  const random = seeded(DECISIONS);
  const held = values.filter((value) => !value.includes('/'));
  const rounds = timesInRounds(subjects, {
    rounds: ROUNDS,
    warmUp: WARM_UP,
    items: () => fresh(queries(held, BATCH, random)).map(factsOf),
  });
  for (const name of Object.keys(subjects).filter((each) => each.startsWith('inspect'))) {
    const floor = name.replace('inspect', 'floor');
    const paired = rounds.map((times) => ({ value: times[name], floor: times[floor] }));
    print(row('metrics', name, DECISIONS, 'ns', paired));
  }
}

async function measureCollections() {
  const rounds = [];
  for (let round = -20; round < COLLECTIONS; round++) {
    const start = performance.now();
    await reader.collect();
    const collected = performance.now();
    for (const agent of agents.slice(builds.length)) agent.health();
    const told = performance.now();
    if (round >= 0) rounds.push({ value: (collected - start) * 1_000, floor: (told - collected) * 1_000 });
  }
  const agentsCollected = builds.length === 1 ? 'one agent' : `${builds.length} agents`;
  print(row('metrics', `one collection, ${agentsCollected}`, DECISIONS, 'µs', rounds));
}

/**
 * @param {string} ip
 * @returns {RequestFacts}
 */
function factsOf(ip) {
  const headers = { host: 'localhost', accept: 'text/html,*/*;q=0.8', 'user-agent': 'bench' };
  return { remoteAddress: ip, disconnected: false, method: 'GET', path: '/hello', headers };
}
