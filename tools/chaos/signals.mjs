import { setTimeout as delay } from 'node:timers/promises';
import { callTimeoutMs, openAgent } from './agent.mjs';
import { scaledTime } from './scaled-time.mjs';
import { Worker } from './workers.mjs';
import { callsTo, inTestEnvironment, shortestGap } from './test-environment.mjs';

/** @import { Fault } from '@crowdsec-sdk/sandbox' */
/** @import { ChaosOptions, ChaosOutcome, Say, TestEnvironment } from './types.d.mts' */

/**
 * What becomes of a call to `POST /v3/signals`, and how often; the rest of them succeed.
 *
 * @param {number} timeoutMs
 * @returns {Fault[]}
 */
const faultsOf = (timeoutMs) => [
  { probability: 0.06, status: 429, headers: { 'retry-after': '15' } },
  { probability: 0.06, status: 429 },
  { probability: 0.06, status: 500 },
  { probability: 0.05, cut: 'before' },
  { probability: 0.05, cut: 'after' },
  { probability: 0.05, delayMs: timeoutMs * 1.5 },
];

/** A run that has not delivered everything so long after the last report, in ms, has lost something. */
const DELIVERY_DEADLINE_MS = 300_000;

/**
 * Several processes report signals while calls fail at random, processes are killed, and Redis is gone for a while.
 *
 * @param {ChaosOptions} options
 * @param {Say} say
 * @returns {Promise<ChaosOutcome>}
 */
export function signals(options, say) {
  const { store, scale } = options;
  const epoch = Date.now();
  return inTestEnvironment(store, { clock: scaledTime(scale, epoch).clock }, async (environment) => {
    const { sandbox } = environment;
    await joinNetwork(environment, scale, epoch);
    for (const fault of faultsOf(callTimeoutMs(environment.place, scale)))
      sandbox.faults.add({ method: 'POST', path: '/v3/signals', times: Infinity, ...fault });
    const run = new Run(environment, options, epoch, say);
    await run.untilDelivered();
    await run.end();
    return verdict(run, environment, options, (Date.now() - epoch) / 1_000);
  });
}

/**
 * Lets an agent register and pull before anything breaks: on Redis a newcomer waits for some seconds of the machine before it registers,
 * which would be most of a short run. The run `starts` kills agents that register.
 *
 * @param {TestEnvironment} environment
 * @param {number} scale
 * @param {number} epoch
 */
async function joinNetwork({ sandbox, place }, scale, epoch) {
  const agent = openAgent({ apiUrl: sandbox.url, place, scale, epoch });
  await agent.start();
  for (let waited = 0; waited < 300 && agent.health().decisions.pulledAt === undefined; waited++) await delay(100);
  await agent.stop();
}

class Run {
  kills = 0;
  /** @type {Set<unknown>} the uuids */
  delivered = new Set();
  #sandbox;
  #redis;
  #options;
  #say;
  #workers;
  #chaos;
  #isOver = false;
  #redisIsAway = false;
  #redisIsBack;
  #seen = 0;

  /**
   * @param {TestEnvironment} environment
   * @param {ChaosOptions} options
   * @param {number} epoch
   * @param {Say} say
   */
  constructor({ sandbox, redis, place, folder }, options, epoch, say) {
    const { workers, signals: total, seconds, scale } = options;
    this.#sandbox = sandbox;
    this.#redis = redis;
    this.#options = options;
    this.#say = say;
    const task = { apiUrl: sandbox.url, place, scale, epoch, everyMs: (1_000 * seconds * workers) / total };
    this.#workers = Array.from({ length: workers }, (_, index) => {
      const [from, to] = [index, index + 1].map((part) => Math.floor((part * total) / workers));
      return new Worker(folder, { ...task, from, to });
    });
    this.#redisIsBack = this.#stopRedisOnce();
    this.#chaos = Promise.all([this.#killNowAndThen(), this.#redisIsBack]);
  }

  /** @param {string} word */
  lines(word) {
    return this.#workers.flatMap((worker) => worker.lines(word));
  }

  /** Accepted signals that the sandbox has not got. */
  missing() {
    for (; this.#seen < this.#sandbox.signals.length; this.#seen++)
      this.delivered.add(this.#sandbox.signals[this.#seen].signal.uuid);
    return this.lines('accepted').filter((uuid) => !this.delivered.has(uuid));
  }

  async untilDelivered() {
    const giveUpAt = performance.now() + 1_000 * this.#options.seconds + DELIVERY_DEADLINE_MS;
    for (let second = 1; performance.now() < giveUpAt; second++) {
      await delay(1_000);
      const missing = this.missing().length;
      if (second % 10 === 0)
        this.#say(`${this.delivered.size} delivered, ${missing} accepted and on their way, ${this.kills} kills`);
      if (missing === 0 && !this.#redisIsAway && this.#workers.every((worker) => worker.hasReportedAll)) return;
    }
  }

  async end() {
    this.#isOver = true;
    await this.#chaos;
    await Promise.all(this.#workers.map((worker) => worker.end('SIGTERM')));
  }

  async #killNowAndThen() {
    for (;;) {
      await delay(1_000 * this.#options.killEvery * (0.5 + Math.random()));
      if (this.#isOver) return;
      // What a process reports while Redis is away is in its memory alone: one kill is enough then, and comes below.
      if (this.#redisIsAway) await this.#redisIsBack;
      else await this.#killOne();
    }
  }

  async #stopRedisOnce() {
    const { seconds, outage } = this.#options;
    if (this.#redis === undefined || outage === 0) return;
    await delay(300 * seconds);
    this.#redisIsAway = true;
    this.#say(`Redis is killed, and away for ${outage} s`);
    await this.#redis.stop('SIGKILL');
    await delay(500 * outage);
    await this.#killOne();
    await delay(500 * outage);
    await this.#redis.start();
    this.#redisIsAway = false;
  }

  async #killOne() {
    const victim = this.#workers[Math.floor(Math.random() * this.#workers.length)];
    await victim.end('SIGKILL');
    victim.start();
    this.kills += 1;
  }
}

/**
 * @param {Run} run
 * @param {TestEnvironment} environment
 * @param {ChaosOptions} options
 * @param {number} tookSeconds
 * @returns {ChaosOutcome}
 */
function verdict(run, { sandbox }, { store, workers, signals: total, scale, accepted }, tookSeconds) {
  const lost = run.missing().length;
  const pushes = callsTo(sandbox, 'POST', '/v3/signals');
  const failed = pushes.filter(({ status, cut }) => status !== 200 || cut !== undefined);
  const figures = {
    reported: run.lines('reported').length,
    accepted: run.lines('accepted').length,
    delivered: run.delivered.size,
    duplicates: sandbox.signals.length - run.delivered.size,
    refused: run.lines('refused').length,
    machines: sandbox.machines.length,
    logins: callsTo(sandbox, 'POST', '/v3/watchers/login').length,
    pulls: callsTo(sandbox, 'GET', '/v3/decisions/stream').length,
    maxBatch: Math.max(...pushes.map((call) => call.signals ?? 0)),
    minGapMs: Math.floor(shortestGap(pushes)),
  };
  return {
    about:
      `${workers} processes on ${store}, ${run.kills} kills, ${pushes.length} calls of which ${failed.length} failed. ` +
      `Time ran ${scale} times as fast: ${tookSeconds.toFixed(0)} s were ${((tookSeconds * scale) / 60).toFixed(0)} minutes.`,
    figures,
    promises: [
      ['all signals were reported', figures.reported === total],
      [`at least ${accepted * 100}% of them were accepted`, figures.accepted >= total * accepted],
      [`every accepted signal was delivered (${lost} were not)`, lost === 0],
      ['no call carries more than 250', figures.maxBatch <= 250],
      ['calls are at least 10 s apart', figures.minGapMs >= 10_000],
      ['one machine', figures.machines === 1],
      ['at most 2 logins', figures.logins <= 2],
      ['one pull', figures.pulls === 1],
    ],
  };
}
