import { fork } from 'node:child_process';
import { Agent, get } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';
import { median, print, rotated, spreadOf } from './setup.mjs';

/** @import { ChildProcess } from 'node:child_process' */

/**
 * What failing extensions cost the requests: the p99 of a server that is asked 200 times a second, without extensions, with a
 * detector that behaves, and with three that do not: one never answers, one throws, one lies. First while they fail, then once they are
 * switched off. Each round has fresh processes, which take turns; the p99 is that of all rounds together.
 */
const VARIANTS = /** @type {const} */ (['none', 'behaving', 'failing']);
const PHASES = /** @type {const} */ (['first', 'after']);
const ROUNDS = 6;
const PER_SECOND = 200;
const FAILING_SECONDS = 4;
const AFTER_SECONDS = 3;

const agent = new Agent({ keepAlive: true, maxSockets: 32 });
/**
 * @typedef {(typeof VARIANTS)[number]} Variant
 * @typedef {Record<Variant, Record<(typeof PHASES)[number], number[]>>} Figures
 */

/** @returns {Figures} */
const noFigures = () => ({
  none: { first: [], after: [] },
  behaving: { first: [], after: [] },
  failing: { first: [], after: [] },
});
const latencies = noFigures();
const rounds = noFigures();
/** @type {Map<string, number[]>} */
const switchedOff = new Map();
for (let round = 0; round < ROUNDS; round++) {
  for (const variant of rotated(VARIANTS, round)) await play(variant);
}
print(...VARIANTS.flatMap(rowsOf), ...[...switchedOff].map(([name, all]) => offRow(name, all)));

/** @param {Variant} variant */
async function play(variant) {
  const server = fork(new URL('extensions-server.mjs', import.meta.url), [variant], {
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    env: { ...process.env, NODE_ENV: 'production' },
  });
  // A round that fails ends the run, and the run its servers.
  process.once('exit', () => server.kill());
  const { port } = /** @type {{ port: number }} */ (await message(server));
  // Nobody is told of these: they warm the server and the connections up.
  await load(port, '/warm', 2);
  for (const phase of PHASES) {
    const seconds = phase === 'first' ? FAILING_SECONDS : AFTER_SECONDS;
    const measured = await load(port, '/hello', seconds);
    latencies[variant][phase].push(...measured);
    rounds[variant][phase].push(p99(measured));
  }
  server.send('health');
  const { extensions } = /** @type {{ extensions: { name: string, state: string, offAfterMs: number }[] }} */ (
    await message(server)
  );
  server.kill();
  if (variant !== 'failing') return;
  for (const { name, state, offAfterMs } of extensions) {
    if (state !== 'off') throw new Error(`${name} is ${state}, although it fails`);
    switchedOff.set(name, [...(switchedOff.get(name) ?? []), offAfterMs]);
  }
}

/**
 * @param {ChildProcess} server
 * @returns {Promise<unknown>}
 */
function message(server) {
  return new Promise((resolve, reject) => {
    server.once('message', resolve);
    server.once('exit', (code) => reject(new Error(`the server ended with ${code}`)));
  });
}

/**
 * Asks at a steady pace, whatever the answers take, and returns what each took from the moment it was due, in ms.
 *
 * @param {number} port
 * @param {string} path
 * @param {number} seconds
 */
async function load(port, path, seconds) {
  /** @type {number[]} */
  const took = [];
  const pending = [];
  const from = performance.now();
  for (let i = 0; i < seconds * PER_SECOND; i++) {
    const dueAt = from + (i * 1_000) / PER_SECOND;
    if (dueAt > performance.now()) await delay(dueAt - performance.now());
    pending.push(ask(port, path).then(() => took.push(performance.now() - dueAt)));
  }
  await Promise.all(pending);
  return took;
}

/**
 * @param {number} port
 * @param {string} path
 */
function ask(port, path) {
  return new Promise((resolve, reject) => {
    const options = { port, path, host: '127.0.0.1', agent, headers: { 'x-forwarded-for': '203.0.113.7' } };
    get(options, (answer) => {
      if (answer.statusCode !== 200) reject(new Error(`answered ${answer.statusCode}`));
      answer.resume().once('end', resolve);
    }).once('error', reject);
  });
}

/** @param {Variant} variant */
function rowsOf(variant) {
  return PHASES.map((phase) => {
    const when = phase === 'first' ? 'while they fail' : 'afterwards';
    const floor = p99(latencies.none[phase]);
    const value = p99(latencies[variant][phase]);
    const each = rounds[variant][phase];
    return row(`p99 ${variant}, ${when}`, value, floor, spreadOf(each));
  });
}

/**
 * How long it took until it was switched off, from its first event on.
 *
 * @param {string} name
 * @param {number[]} all
 */
function offRow(name, all) {
  return row(`${name} is off after`, median(all), median(all), spreadOf(all));
}

/**
 * @param {string} name
 * @param {number} value
 * @param {number} floor
 * @param {number} spread
 */
function row(name, value, floor, spread) {
  return { bench: 'extensions', case: name, n: PER_SECOND, value, unit: 'ms', floor, ratio: value / floor, spread };
}

/** @param {readonly number[]} numbers */
function p99(numbers) {
  return [...numbers].sort((a, b) => a - b)[Math.floor(numbers.length * 0.99)];
}
