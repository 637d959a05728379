import { builds, fromCore } from './builds.mjs';
import { fresh, queries, seeded } from './data.mjs';
import { collectGarbage, indexOf, print, row, sets, timesInRounds } from './setup.mjs';

/**
 * Lookups from fresh strings, against a bare `Map.get` with as many keys. In each round every subject looks up addresses of its own,
 * and another subject begins: none finds in the processor's caches what another has just fetched. Those of another checkout
 * (`--against`) take their turns among ours.
 *
 * @import { Build } from './builds.mjs'
 * @import { Random } from './types.d.mts'
 * @import { RemediationEngine } from '../../packages/core/dist/remediation/remediation-engine.js'
 */
const ROUNDS = 200;
const WARM_UP = 20;
/** So few that a batch is over before the machine turns to something else. */
const BATCH = 2_000;

for (const values of sets([50_000, 500_000, 2_000_000])) await measure(values);

/** @param {string[]} values */
async function measure(values) {
  const n = values.length;
  const map = new Map(values.map((value, i) => [value, i]));
  /** @type {Record<string, (text: string) => boolean>} */
  const subjects = { floor: (text) => map.get(text) !== undefined };
  const engines = [];
  for (const build of builds) {
    const { engine, inIndex } = await engineOf(build, values);
    engines.push(engine);
    subjects[`index${build.suffix}`] = inIndex;
    subjects[`getIpRemediation${build.suffix}`] = (text) => engine.getIpRemediation(text).remediation !== 'bypass';
  }
  const random = seeded(n);
  const held = values.filter((value) => !value.includes('/'));
  const rounds = timesInRounds(subjects, {
    rounds: ROUNDS,
    warmUp: WARM_UP,
    items: () => fresh(queries(held, BATCH, random)),
    nanoseconds: nanosecondsEach,
  });
  const against = (/** @type {string} */ name, /** @type {string} */ floor) =>
    rounds.map((times) => ({ value: times[name], floor: times[floor] }));
  for (const name of Object.keys(subjects).slice(1)) print(row('lookup', name, n, 'ns', against(name, 'floor')));
  // With another checkout beside it, the lookup in the index is two functions in one, which takes longer.
  if (builds.length === 1)
    print(row('lookup', 'getIpRemediation-by-index', n, 'ns', against('getIpRemediation', 'index')));
  for (const { suffix } of builds.slice(1)) {
    print(row('lookup', 'index, by that before', n, 'ns', against('index', `index${suffix}`)));
    print(
      row(
        'lookup',
        'getIpRemediation, by that before',
        n,
        'ns',
        against('getIpRemediation', `getIpRemediation${suffix}`),
      ),
    );
  }
  print(row('lookup', 'miss-allocates', n, 'bytes', [{ value: bytesPerMiss(engines[0], random), floor: 1 }]));
}

/**
 * An engine of a build with these decisions and 100 local ones, and the lookup in its index alone.
 *
 * @param {Build} build
 * @param {string[]} values
 */
async function engineOf(build, values) {
  /** @type {typeof import('../../packages/core/dist/clock.js')} */
  const { systemClock } = await fromCore(build, 'clock.js');
  /** @type {typeof import('../../packages/core/dist/remediation/remediation-engine.js')} */
  const { RemediationEngine } = await fromCore(build, 'remediation/remediation-engine.js');
  /** @type {typeof import('../../packages/core/dist/decisions/local-decisions.js')} */
  const { LocalDecisions } = await fromCore(build, 'decisions/local-decisions.js');
  /** @type {typeof import('../../packages/core/dist/ip/parse.js')} */
  const parse = await fromCore(build, 'ip/parse.js');
  // Earlier builds have one function for whole texts and for parts of them.
  const readAddress =
    parse.readAddress ?? ((/** @type {string} */ text) => /** @type {any} */ (parse).readIp(text, 0, text.length));
  const index = await indexOf(values, Date.now(), build);
  const local = new LocalDecisions();
  for (let i = 0; i < 100; i++) {
    local.add({ value: `198.51.100.${i}`, type: 'ban', durationMs: 3_600_000, scenario: 'a/b' }, Date.now());
  }
  const engine = new RemediationEngine({ clock: systemClock, local });
  engine.swap(index);
  const ranks = new Uint8Array(index.sources.length).fill(1);
  const weights = { ranks, shortest4: undefined, shortest6: undefined };
  const find = (/** @type {string} */ text, /** @type {typeof weights} */ by) => {
    const family = readAddress(text);
    return family !== 0 && index.find(family, by, systemClock) !== undefined;
  };
  // Earlier builds are given the ranks alone.
  const held = values.find((value) => !value.includes('/')) ?? '';
  const by = find(held, weights) ? weights : /** @type {any} */ (ranks);
  return { engine, inIndex: (/** @type {string} */ text) => find(text, by) };
}

/**
 * @param {(text: string) => boolean} subject
 * @param {string[]} texts
 */
function nanosecondsEach(subject, texts) {
  const start = process.hrtime.bigint();
  let hits = 0;
  for (const text of texts) if (subject(text)) hits++;
  const end = process.hrtime.bigint();
  if (hits === 0) throw new Error('no lookup hit anything');
  return Number(end - start) / texts.length;
}

/**
 * Bytes that a lookup of an address that nobody listed leaves on the heap: what many of them leave above what half as
 * many do, so that what measuring leaves does not count. The least of several passes, since the compiler leaves
 * something now and then; a lookup that allocates does so in every pass.
 *
 * @param {RemediationEngine} engine
 * @param {Random} random
 */
function bytesPerMiss(engine, random) {
  const texts = fresh(queries(['192.0.2.1'], 50_000, random));
  const misses = texts.filter((ip) => engine.getIpRemediation(ip).origin === 'clean');
  const half = misses.length >> 1;
  const least = (/** @type {number} */ count) =>
    Math.min(...Array.from({ length: 40 }, () => bytesOfPass(engine, misses, count)));
  const [few, many] = [least(half), least(misses.length)];
  return Math.max(0, many - few) / (misses.length - half);
}

/**
 * @param {RemediationEngine} engine
 * @param {string[]} texts
 * @param {number} count
 */
function bytesOfPass(engine, texts, count) {
  collectGarbage();
  const before = process.memoryUsage().heapUsed;
  for (let i = 0; i < count; i++) engine.getIpRemediation(texts[i]);
  return process.memoryUsage().heapUsed - before;
}
