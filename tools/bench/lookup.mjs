import { systemClock } from '../../packages/core/dist/clock.js';
import { LocalDecisions } from '../../packages/core/dist/decisions/local-decisions.js';
import { readIp } from '../../packages/core/dist/ip/parse.js';
import { RemediationEngine } from '../../packages/core/dist/remediation/remediation-engine.js';
import { fresh, queries, seeded } from './data.mjs';
import { indexOf, row, sets } from './setup.mjs';

/** Lookups from fresh strings, against a bare `Map.get` with as many keys. */
const ROUNDS = 200;
/** So few that a batch is over before the machine turns to something else. */
const BATCH = 2_000;

const report = [];
for (const values of sets([50_000, 500_000, 2_000_000])) {
  const n = values.length;
  const index = await indexOf(values);
  const local = new LocalDecisions();
  for (let i = 0; i < 100; i++) {
    local.add({ value: `198.51.100.${i}`, type: 'ban', durationMs: 3_600_000, scenario: 'a/b' }, Date.now());
  }
  const engine = new RemediationEngine({ clock: systemClock, local });
  engine.swap(index);
  const ranks = new Uint8Array(index.sources.length).fill(1);
  const map = new Map(values.map((value, i) => [value, i]));

  const subjects = {
    floor: (text) => map.get(text) !== undefined,
    index(text) {
      const family = readIp(text, 0, text.length);
      return family !== 0 && index.find(family, ranks, systemClock) !== undefined;
    },
    getIpRemediation: (text) => engine.getIpRemediation(text).remediation !== 'bypass',
  };
  const random = seeded(n);
  const held = values.filter((value) => !value.includes('/'));
  const rounds = [];
  for (let i = -20; i < ROUNDS; i++) {
    const texts = queries(held, BATCH, random);
    const times = {};
    for (const [name, subject] of Object.entries(subjects)) times[name] = nanosecondsEach(subject, fresh(texts));
    if (i >= 0) rounds.push(times);
  }
  for (const name of ['index', 'getIpRemediation']) {
    report.push(
      row(
        'lookup',
        name,
        n,
        'ns',
        rounds.map((times) => ({ value: times[name], floor: times.floor })),
      ),
    );
  }
  report.push(row('lookup', 'miss-allocates', n, 'bytes', [{ value: bytesPerMiss(engine, random), floor: 1 }]));
}
console.log(JSON.stringify(report));

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
 */
function bytesPerMiss(engine, random) {
  const texts = fresh(queries(['192.0.2.1'], 50_000, random));
  const misses = texts.filter((ip) => engine.getIpRemediation(ip).origin === 'clean');
  const half = misses.length >> 1;
  const least = (count) => Math.min(...Array.from({ length: 40 }, () => bytesOfPass(engine, misses, count)));
  const [few, many] = [least(half), least(misses.length)];
  return Math.max(0, many - few) / (misses.length - half);
}

function bytesOfPass(engine, texts, count) {
  globalThis.gc();
  const before = process.memoryUsage().heapUsed;
  for (let i = 0; i < count; i++) engine.getIpRemediation(texts[i]);
  return process.memoryUsage().heapUsed - before;
}
