import { systemClock } from '../../packages/core/dist/clock.js';
import { LocalDecisions } from '../../packages/core/dist/decisions/local-decisions.js';
import { readIp } from '../../packages/core/dist/ip/parse.js';
import { RemediationEngine } from '../../packages/core/dist/remediation/remediation-engine.js';
import { fresh, queries, seeded } from './data.mjs';
import { collectGarbage, indexOf, print, row, rotated, sets } from './setup.mjs';

/**
 * Lookups from fresh strings, against a bare `Map.get` with as many keys. In each round every subject looks up addresses of its own,
 * and another subject begins: none finds in the processor's caches what another has just fetched.
 *
 * @import { Random } from './types.d.mts'
 */
const ROUNDS = 200;
const WARM_UP = 20;
/** So few that a batch is over before the machine turns to something else. */
const BATCH = 2_000;

for (const values of sets([50_000, 500_000, 2_000_000])) await measure(values);

/** @param {string[]} values */
async function measure(values) {
  const n = values.length;
  const index = await indexOf(values);
  const local = new LocalDecisions();
  for (let i = 0; i < 100; i++) {
    local.add({ value: `198.51.100.${i}`, type: 'ban', durationMs: 3_600_000, scenario: 'a/b' }, Date.now());
  }
  const engine = new RemediationEngine({ clock: systemClock, local });
  engine.swap(index);
  const ranks = new Uint8Array(index.sources.length).fill(1);
  const weights = { ranks, shortest4: undefined, shortest6: undefined };
  const map = new Map(values.map((value, i) => [value, i]));

  /** @satisfies {Record<string, (text: string) => boolean>} */
  const subjects = {
    floor: (text) => map.get(text) !== undefined,
    index(text) {
      const family = readIp(text, 0, text.length);
      return family !== 0 && index.find(family, weights, systemClock) !== undefined;
    },
    getIpRemediation: (text) => engine.getIpRemediation(text).remediation !== 'bypass',
  };
  const names = /** @type {(keyof typeof subjects)[]} */ (Object.keys(subjects));
  const random = seeded(n);
  const held = values.filter((value) => !value.includes('/'));
  const rounds = [];
  for (let round = -WARM_UP; round < ROUNDS; round++) {
    const batches = names.map(() => fresh(queries(held, BATCH, random)));
    const times = { floor: 0, index: 0, getIpRemediation: 0 };
    for (const [turn, name] of rotated(names, round + WARM_UP).entries())
      times[name] = nanosecondsEach(subjects[name], batches[turn]);
    if (round >= 0) rounds.push(times);
  }
  for (const name of /** @type {const} */ (['index', 'getIpRemediation'])) {
    const paired = rounds.map((times) => ({ value: times[name], floor: times.floor }));
    print(row('lookup', name, n, 'ns', paired));
  }
  const added = rounds.map((times) => ({ value: times.getIpRemediation, floor: times.index }));
  print(row('lookup', 'getIpRemediation-by-index', n, 'ns', added));
  print(row('lookup', 'miss-allocates', n, 'bytes', [{ value: bytesPerMiss(engine, random), floor: 1 }]));
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
