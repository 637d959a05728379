import { readFileSync } from 'node:fs';

/** @import { Random } from './types.d.mts' */

/**
 * A small seeded generator (mulberry32): the same set in every run.
 *
 * @param {number} seed
 * @returns {Random}
 */
export function seeded(seed) {
  let state = seed >>> 0;
  return (below) => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return Math.floor((((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32) * below);
  };
}

const v4 = (/** @type {Random} */ random) => `${1 + random(223)}.${random(256)}.${random(256)}.${random(256)}`;
const v6 = (/** @type {Random} */ random) => {
  const groups = Array.from({ length: 4 }, () => random(65536).toString(16));
  return `2${random(4096).toString(16).padStart(3, '0')}:${groups[0]}:${groups[1]}::${groups[2]}:${groups[3]}`;
};

/**
 * 85% IPv4 singles, 5% IPv4 ranges, 8% IPv6 singles, 2% IPv6 ranges; all different.
 *
 * @param {number} n how many
 */
export function synthetic(n, seed = 1) {
  const random = seeded(seed);
  /** @type {Set<string>} */
  const values = new Set();
  while (values.size < n) {
    const kind = random(100);
    if (kind < 85) values.add(v4(random));
    else if (kind < 90) values.add(`${v4(random)}/${20 + random(12)}`);
    else if (kind < 98) values.add(v6(random));
    else values.add(`${v6(random)}/${32 + random(64)}`);
  }
  // Flat copies: put-together strings change their size when they are first read.
  return fresh([...values]);
}

/**
 * The values of a real list: comments and further columns stripped.
 *
 * @param {string} path
 */
export function fromFile(path) {
  const lines = readFileSync(path, 'utf8').split('\n');
  return [
    ...new Set(
      lines
        .map(
          (line) =>
            line
              .split('#')[0]
              .trim()
              .split(/[\s,;]+/)[0],
        )
        .filter(Boolean),
    ),
  ];
}

/**
 * Addresses to look up: 70% IPv4, 10% IPv4-mapped, 20% IPv6; a tenth of them among those held. Every call gives
 * other ones.
 *
 * @param {readonly string[]} held
 * @param {number} count
 * @param {Random} random
 */
export function queries(held, count, random) {
  return Array.from({ length: count }, () => {
    if (random(10) === 0) return held[random(held.length)];
    const kind = random(10);
    return kind < 7 ? v4(random) : kind < 8 ? `::ffff:${v4(random)}` : v6(random);
  });
}

/**
 * Copies whose hash nobody has computed yet, as a socket hands them out.
 *
 * @param {readonly string[]} texts
 */
export function fresh(texts) {
  return texts.map((text) => Buffer.from(text, 'latin1').toString('latin1'));
}
