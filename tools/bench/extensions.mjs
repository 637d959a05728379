import { fork } from 'node:child_process';
import { Agent, get } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';
import { median, spreadOf } from './setup.mjs';

/**
 * What failing extensions cost the requests: the p99 of a server that is asked 200 times a second, without extensions, with a
 * detector that behaves, and with three that do not: one never answers, one throws, one lies. First while they fail, then once they are
 * switched off. Each round has fresh processes, which take turns; the p99 is that of all rounds together.
 */
const VARIANTS = ['none', 'behaving', 'failing'];
const ROUNDS = 6;
const PER_SECOND = 200;
const FAILING_SECONDS = 4;
const AFTER_SECONDS = 3;

const agent = new Agent({ keepAlive: true, maxSockets: 32 });
const latencies = Object.fromEntries(VARIANTS.map((variant) => [variant, { first: [], after: [] }]));
const rounds = Object.fromEntries(VARIANTS.map((variant) => [variant, { first: [], after: [] }]));
const switchedOff = new Map();
for (let round = 0; round < ROUNDS; round++) {
  for (let i = 0; i < VARIANTS.length; i++) await play(VARIANTS[(i + round) % VARIANTS.length]);
}
console.log(JSON.stringify([...VARIANTS.flatMap(rowsOf), ...[...switchedOff].map(([name, all]) => offRow(name, all))]));

async function play(variant) {
  const server = fork(new URL('extensions-server.mjs', import.meta.url), [variant], {
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    env: { ...process.env, NODE_ENV: 'production' },
  });
  // A round that fails ends the run, and the run its servers.
  process.once('exit', () => server.kill());
  const { port } = await message(server);
  // Nobody is told of these: they warm the server and the connections up.
  await load(port, '/warm', 2);
  for (const [phase, seconds] of [
    ['first', FAILING_SECONDS],
    ['after', AFTER_SECONDS],
  ]) {
    const measured = await load(port, '/hello', seconds);
    latencies[variant][phase].push(...measured);
    rounds[variant][phase].push(p99(measured));
  }
  server.send('health');
  const { extensions } = await message(server);
  server.kill();
  if (variant !== 'failing') return;
  for (const { name, state, offAfterMs } of extensions) {
    if (state !== 'off') throw new Error(`${name} is ${state}, although it fails`);
    switchedOff.set(name, [...(switchedOff.get(name) ?? []), offAfterMs]);
  }
}

function message(server) {
  return new Promise((resolve, reject) => {
    server.once('message', resolve);
    server.once('exit', (code) => reject(new Error(`the server ended with ${code}`)));
  });
}

/** Asks at a steady pace, whatever the answers take, and returns what each took from the moment it was due, in ms. */
async function load(port, path, seconds) {
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

function ask(port, path) {
  return new Promise((resolve, reject) => {
    const options = { port, path, host: '127.0.0.1', agent, headers: { 'x-forwarded-for': '203.0.113.7' } };
    get(options, (answer) => {
      if (answer.statusCode !== 200) reject(new Error(`answered ${answer.statusCode}`));
      answer.resume().once('end', resolve);
    }).once('error', reject);
  });
}

function rowsOf(variant) {
  return [
    ['first', 'while they fail'],
    ['after', 'afterwards'],
  ].map(([phase, when]) => {
    const floor = p99(latencies.none[phase]);
    const value = p99(latencies[variant][phase]);
    const each = rounds[variant][phase];
    return row(`p99 ${variant}, ${when}`, value, floor, spreadOf(each));
  });
}

/** How long it took until it was switched off, from its first event on. */
function offRow(name, all) {
  return row(`${name} is off after`, median(all), median(all), spreadOf(all));
}

function row(name, value, floor, spread) {
  return { bench: 'extensions', case: name, n: PER_SECOND, value, unit: 'ms', floor, ratio: value / floor, spread };
}

function p99(numbers) {
  return [...numbers].sort((a, b) => a - b)[Math.floor(numbers.length * 0.99)];
}
