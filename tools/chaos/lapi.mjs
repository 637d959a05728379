import { fork } from 'node:child_process';
import { once } from 'node:events';
import { BlockList, isIPv6 } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { startLapiProxy } from './lapi-proxy.mjs';
import { inTestEnvironment } from './test-environment.mjs';

/** @import { ChildProcess } from 'node:child_process' */
/** @import { SandboxLapi } from '@crowdsec-sdk/sandbox' */
/** @import { ChaosOptions, ChaosOutcome, LapiProxy, LapiTask, LapiTold, Say } from './types.d.mts' */

const SCRIPT = fileURLToPath(new URL('lapi-worker.mjs', import.meta.url));
const PROCESSES = 4;
const KILLS = 10;
const INTERVAL_MS = 3_000;
/** A process that is killed holds the others up for so long at most, until its lease has run out. */
const TAKEOVER_MS = 20_000;
/** How long the end is waited for, if it does not come in time. */
const CONVERGENCE_DEADLINE_MS = 60_000;

const single = (/** @type {number} */ n) => `20.0.${n >> 8}.${n & 255}`;
const VALUES = [
  ...Array.from({ length: 300 }, (_, n) => single(n)),
  ...Array.from({ length: 20 }, (_, n) => `20.1.${n}.0/24`),
  ...Array.from({ length: 100 }, (_, n) => `2001:DB8::${n.toString(16).toUpperCase()}`),
  ...Array.from({ length: 20 }, (_, n) => `2001:db8:${n.toString(16)}::/48`),
];
/** Addresses that tell all values apart. */
const IPS = VALUES.map((value) => value.replace(/::\/\d+$/, '::1').replace(/0\/\d+$/, '7'));

/**
 * Processes of one installation on Redis, with one key of a local API whose answers are cut, late, short or lost at random, and whose
 * decisions change all the while. The one that pulls is killed again and again.
 *
 * @param {Pick<ChaosOptions, 'store'>} _options
 * @param {Say} say
 * @returns {Promise<ChaosOutcome>}
 */
export function lapi(_options, say) {
  return inTestEnvironment('redis', { lapi: true }, async ({ sandbox, redis }) => {
    if (sandbox.lapi === undefined || redis === undefined) throw new Error('there is no local API, or no Redis');
    const proxy = await startLapiProxy(sandbox.lapi.url);
    const apiKey = sandbox.lapi.addBouncer('chaos');
    const workers = new Workers({ lapiUrl: proxy.url, apiKey, redisSocket: redis.socket, intervalMs: INTERVAL_MS });
    const changes = new Changes(sandbox.lapi, proxy);
    try {
      await workers.startAll();
      const kills = await killPullers(workers, say);
      await workers.puller(TAKEOVER_MS);
      proxy.injectsFaults = false;
      // A pull that got a fault ends with it.
      while (proxy.inFlight > 0) await delay(20);
      await changes.stop();
      const endedAt = performance.now();
      const different = await untilConverged(workers, sandbox.lapi);
      const tookMs = Math.round(performance.now() - endedAt);
      say(`alike after ${tookMs} ms`);
      return outcomeOf({ kills, changes: changes.count, tookMs, different, ...proxy.counts });
    } finally {
      await changes.stop();
      await workers.killAll();
      await proxy.stop();
    }
  });
}

/**
 * @param {Record<'kills' | 'changes' | 'tookMs' | 'different' | 'pulls' | 'full' | 'faulty' | 'maxInFlight', number>} found
 * @returns {ChaosOutcome}
 */
function outcomeOf({ kills, changes, tookMs, different, pulls, full, faulty, maxInFlight }) {
  return {
    about: `${PROCESSES} processes on Redis with one key of a local API, pulled every ${INTERVAL_MS} ms`,
    figures: {
      'kills of the one that pulls': kills,
      'changes of decisions': changes,
      pulls,
      'full pulls': full,
      'answers that were spoiled': faulty,
      'most pulls at once': maxInFlight,
      'ms until all were alike': tookMs,
      'addresses that differ': different,
    },
    promises: [
      [`the one that pulls was killed ${KILLS} times`, kills === KILLS],
      ['never were two pulls on their way at once', maxInFlight === 1],
      ['every process enforces exactly what the local API holds', different === 0],
      ['and did so within two intervals', tookMs <= 2 * INTERVAL_MS],
    ],
  };
}

/**
 * @param {Workers} workers
 * @param {Say} say
 */
async function killPullers(workers, say) {
  let kills = 0;
  while (kills < KILLS) {
    const puller = await workers.puller(TAKEOVER_MS);
    // At any moment of its pulls.
    await delay(2_000 + 3_000 * Math.random());
    await workers.restart(puller);
    kills += 1;
    say(`killed process ${puller}, which pulled (${kills} of ${KILLS})`);
  }
  return kills;
}

/**
 * How many addresses some process judges otherwise than the local API, once that is none, or when nobody waits any longer.
 *
 * @param {Workers} workers
 * @param {SandboxLapi} api
 */
async function untilConverged(workers, api) {
  const expected = expectedOf(api);
  for (const since = performance.now(); ; await delay(100)) {
    const told = await workers.told(IPS);
    const different = IPS.filter((_, i) => told.some(({ about }) => about[i] !== expected[i])).length;
    if (different === 0 || performance.now() - since > CONVERGENCE_DEADLINE_MS) return different;
  }
}

/** @param {SandboxLapi} api */
function expectedOf(api) {
  const rows = api.decisions.active().map(({ value, type }) => {
    const list = new BlockList();
    const [address = '', length] = value.split('/');
    const family = isIPv6(address) ? 'ipv6' : 'ipv4';
    list.addSubnet(address, Number(length ?? (family === 'ipv6' ? 128 : 32)), family);
    return { type, list };
  });
  return IPS.map((ip) => {
    const family = isIPv6(ip) ? 'ipv6' : 'ipv4';
    const types = new Set(rows.filter(({ list }) => list.check(ip, family)).map(({ type }) => type));
    return [...types].sort().join(',');
  });
}

/** Changes decisions all the while. */
class Changes {
  count = 0;
  #isOver = false;
  /** @type {Promise<void>} */
  #work;

  /**
   * @param {SandboxLapi} api
   * @param {LapiProxy} proxy
   */
  constructor(api, proxy) {
    this.#work = this.#run(api, proxy);
  }

  async stop() {
    this.#isOver = true;
    await this.#work;
  }

  /**
   * @param {SandboxLapi} api
   * @param {LapiProxy} proxy
   */
  async #run(api, proxy) {
    while (!this.#isOver) {
      await delay(100);
      // The stand-in counts in ms: what is decided in the very ms of a pull would be told by none.
      while (Date.now() - proxy.lastForwardAt < 3) await delay(2);
      const value = VALUES[Math.floor(VALUES.length * Math.random())] ?? '';
      if (Math.random() < 0.4) api.decisions.delete([value]);
      else {
        const type = Math.random() < 0.3 ? 'captcha' : 'ban';
        api.decisions.add([{ value, type, duration: `${1 + Math.floor(9 * Math.random())}h` }]);
      }
      this.count += 1;
    }
  }
}

/** The processes, by their numbers. */
class Workers {
  #task;
  /** @type {ChildProcess[]} */
  #children = [];

  /** @param {LapiTask} task */
  constructor(task) {
    this.#task = JSON.stringify(task);
  }

  async startAll() {
    await Promise.all(Array.from({ length: PROCESSES }, (_, number) => this.#start(number)));
  }

  /** @param {number} number */
  async restart(number) {
    const child = this.#children[number];
    child?.kill('SIGKILL');
    if (child !== undefined) await once(child, 'exit');
    await this.#start(number);
  }

  async killAll() {
    for (const child of this.#children) child.kill('SIGKILL');
  }

  /**
   * The process that pulls, waited for.
   *
   * @param {number} deadlineMs
   */
  async puller(deadlineMs) {
    for (const since = performance.now(); performance.now() - since < deadlineMs; await delay(100)) {
      const number = (await this.told([])).findIndex(({ role }) => role === 'puller');
      if (number >= 0) return number;
    }
    throw new Error(`nobody has pulled for ${deadlineMs} ms`);
  }

  /**
   * What each process tells.
   *
   * @param {readonly string[]} ips
   */
  told(ips) {
    return Promise.all(
      this.#children.map(async (child) => {
        child.send(ips);
        const [told] = await once(child, 'message');
        return /** @type {LapiTold} */ (told);
      }),
    );
  }

  /** @param {number} number */
  async #start(number) {
    const child = fork(SCRIPT, [this.#task], { stdio: ['ignore', 'ignore', 'inherit', 'ipc'] });
    this.#children[number] = child;
    await once(child, 'message');
  }
}
