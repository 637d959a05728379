import { builds, fromCore } from './builds.mjs';
import { fromFile, synthetic } from './data.mjs';

/** @import { Build } from './builds.mjs' */
/** @import { Round, Row } from './types.d.mts' */

const DAY_MS = 86_400_000;

/**
 * The sets to measure on: the file that was named, or synthetic ones of these sizes.
 *
 * @param {readonly number[]} sizes
 */
export function sets(sizes) {
  const file = process.argv[2];
  return file ? [fromFile(file)] : sizes.map((n) => synthetic(n));
}

/**
 * An index of the values, from twelve sources.
 *
 * @param {readonly string[]} values
 * @param {number} [now] in ms since 1970
 * @param {Build} [build] whose index it is; of this checkout by default
 */
export async function indexOf(values, now = Date.now(), build = builds[0]) {
  /** @type {typeof import('../../packages/core/dist/decisions/decision-delta.js')} */
  const { DeltaBuilder } = await fromCore(build, 'decisions/decision-delta.js');
  /** @type {typeof import('../../packages/core/dist/decisions/decision-index.js')} */
  const { DecisionIndex } = await fromCore(build, 'decisions/decision-index.js');
  const delta = new DeltaBuilder();
  const sources = Array.from({ length: 12 }, (_, i) =>
    delta.sourceId({
      feed: i === 0 ? 'CAPI' : `blocklist:l${i}`,
      origin: i === 0 ? 'CAPI' : `lists:l${i}`,
      type: i % 3 === 2 ? 'captcha' : 'ban',
      scenario: `vendor/scenario-${i}`,
      allow: false,
    }),
  );
  values.forEach((value, i) => delta.add('address', value, sources[i % 12], Math.ceil((now + DAY_MS) / 1000)));
  return DecisionIndex.empty.apply(delta.build(), { now });
}

/** @param {readonly number[]} numbers */
export function median(numbers) {
  const sorted = [...numbers].sort((a, b) => a - b);
  return sorted[sorted.length >> 1];
}

/**
 * Half of all rounds lie within this share of the median.
 *
 * @param {readonly number[]} numbers
 */
export function spreadOf(numbers) {
  const sorted = [...numbers].sort((a, b) => a - b);
  const width = sorted[Math.floor(sorted.length * 0.75)] - sorted[Math.floor(sorted.length * 0.25)];
  return width === 0 ? 0 : width / median(sorted);
}

/**
 * A row of the report.
 *
 * @param {string} bench
 * @param {string} name of the case
 * @param {number} n
 * @param {string} unit
 * @param {readonly Round[]} rounds
 * @returns {Row}
 */
export function row(bench, name, n, unit, rounds) {
  const ratios = rounds.map(({ value, floor }) => value / floor);
  return {
    bench,
    case: name,
    n,
    value: median(rounds.map(({ value }) => value)),
    unit,
    floor: median(rounds.map(({ floor }) => floor)),
    ratio: median(ratios),
    spread: spreadOf(ratios),
  };
}

/** What the process holds, after a collection. */
export async function heldBytes() {
  // Buffers are let go of in the turn after the collection that found them.
  for (let i = 0; i < 3; i++) {
    collectGarbage();
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}

/** Collects garbage now; `npm run bench` starts each benchmark with `--expose-gc`. */
export function collectGarbage() {
  if (globalThis.gc === undefined) throw new Error('start it with node --expose-gc');
  globalThis.gc();
}

/**
 * Hands rows to `npm run bench` as soon as they are there: what fails later does not take them along.
 *
 * @param {...Row} rows
 */
export function print(...rows) {
  for (const row of rows) console.log(JSON.stringify(row));
}

/**
 * The time of each subject for one item, in ns, in each round. In each round every subject has items of its own, and another subject begins:
 * none finds in the processor's caches what another has just fetched.
 *
 * @template Item
 * @template Answer
 * @param {Readonly<Record<string, (item: Item) => Answer>>} subjects
 * @param {object} options
 * @param {number} options.rounds
 * @param {number} options.warmUp how many rounds before them do not count
 * @param {() => Item[]} options.items makes those of one subject for one round
 * @param {(subject: (item: Item) => Answer, items: Item[]) => number} [options.nanoseconds] measures them
 * @returns {Record<string, number>[]} the times by the names of the subjects
 */
export function timesInRounds(subjects, { rounds, warmUp, items, nanoseconds = nanosecondsEach }) {
  const names = Object.keys(subjects);
  const all = [];
  for (let round = -warmUp; round < rounds; round++) {
    const batches = names.map(items);
    /** @type {Record<string, number>} */
    const times = {};
    for (const [turn, name] of rotated(names, round + warmUp).entries())
      times[name] = nanoseconds(subjects[name], batches[turn]);
    if (round >= 0) all.push(times);
  }
  return all;
}

/**
 * @template Item
 * @param {(item: Item) => unknown} subject
 * @param {Item[]} items
 */
function nanosecondsEach(subject, items) {
  const start = process.hrtime.bigint();
  let answered = 0;
  for (const item of items) if (subject(item) !== undefined) answered++;
  const end = process.hrtime.bigint();
  if (answered !== items.length) throw new Error('not every item was answered');
  return Number(end - start) / items.length;
}

/**
 * The same items, another one first in each round.
 *
 * @template T
 * @param {readonly T[]} items
 * @param {number} round
 * @returns {T[]}
 */
export function rotated(items, round) {
  const first = round % items.length;
  return [...items.slice(first), ...items.slice(0, first)];
}
