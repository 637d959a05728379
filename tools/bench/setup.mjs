import { DecisionIndex } from '../../packages/core/dist/decisions/decision-index.js';
import { DeltaBuilder } from '../../packages/core/dist/decisions/decision-delta.js';
import { fromFile, synthetic } from './data.mjs';

const DAY_MS = 86_400_000;

/** The sets to measure on: the file that was named, or synthetic ones of these sizes. */
export function sets(sizes) {
  const file = process.argv[2];
  return file ? [fromFile(file)] : sizes.map((n) => synthetic(n));
}

/** An index of the values, from twelve sources. */
export async function indexOf(values, now = Date.now()) {
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

export function median(numbers) {
  const sorted = [...numbers].sort((a, b) => a - b);
  return sorted[sorted.length >> 1];
}

/** Half of all rounds lie within this share of the median. */
export function spreadOf(numbers) {
  const sorted = [...numbers].sort((a, b) => a - b);
  const width = sorted[Math.floor(sorted.length * 0.75)] - sorted[Math.floor(sorted.length * 0.25)];
  return width === 0 ? 0 : width / median(sorted);
}

/** A row of the report, from rounds of `{ value, floor }`. */
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
    globalThis.gc();
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}
