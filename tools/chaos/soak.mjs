import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { inTestEnvironment } from './test-environment.mjs';

/** @import { ChaosOptions, ChaosOutcome, Say, SoakTask } from './types.d.mts' */

const SCRIPT = fileURLToPath(new URL('soak-worker.mjs', import.meta.url));
const REQUESTS_PER_SECOND = 400;
const SAMPLES = 60;
/** Of what the heap may still grow from the second third of the run to the last, in MB: what a collection leaves varies by as much. */
const SLACK_MB = 1.5;

/**
 * Steady traffic on one process in files, by the machine's time: does the curve of what its heap holds end, and where?
 *
 * @param {ChaosOptions} options
 * @param {Say} say
 * @returns {Promise<ChaosOutcome>}
 */
export function soak({ minutes }, say) {
  return inTestEnvironment('files', {}, async ({ sandbox, place }) => {
    const seconds = minutes * 60;
    /** @type {SoakTask} */
    const task = {
      apiUrl: sandbox.url,
      stateDir: place.stateDir,
      seconds,
      requestsPerSecond: REQUESTS_PER_SECOND,
      sampleSeconds: Math.max(1, seconds / SAMPLES),
    };
    const child = fork(SCRIPT, [JSON.stringify(task)], { stdio: ['ignore', 'ignore', 'inherit', 'ipc'] });
    /** @type {{ seconds: number, requests: number, heapMb: number }[]} */
    const samples = [];
    let end = { sent: 0, buffered: 0, refused: 0 };
    child.on('message', (/** @type {any} */ message) => {
      if ('sent' in message) end = message;
      else samples.push(message);
      if (samples.length % 10 === 0 && 'heapMb' in message)
        say(`${message.seconds} s: ${message.requests} requests, heap ${message.heapMb.toFixed(1)} MB`);
    });
    const [code] = await once(child, 'exit');
    const third = Math.floor(samples.length / 3);
    const mean = (/** @type {typeof samples} */ some) =>
      some.reduce((sum, { heapMb }) => sum + heapMb, 0) / some.length;
    const [first, second, last] = [0, 1, 2].map((n) => mean(samples.slice(n * third, (n + 1) * third)));
    const delivered = new Set(sandbox.signals.map(({ signal }) => signal.uuid)).size;
    const figures = {
      minutes,
      requests: samples.at(-1)?.requests ?? 0,
      sent: end.sent,
      waiting: end.buffered,
      refused: end.refused,
      delivered,
      heapMbFirstThird: Number(first.toFixed(1)),
      heapMbSecondThird: Number(second.toFixed(1)),
      heapMbLastThird: Number(last.toFixed(1)),
      heapMbMost: Number(Math.max(...samples.map(({ heapMb }) => heapMb)).toFixed(1)),
    };
    return {
      about: `${REQUESTS_PER_SECOND} requests a second for ${minutes} minutes, each twentieth reported; the heap after each collection.`,
      figures,
      promises: [
        ['the process ends by itself, without an error', code === 0],
        ['the heap does not grow in the last third', last <= second + SLACK_MB],
        ['the heap stays below 96 MB', figures.heapMbMost < 96],
        ['signals are sent all the while', delivered > 0 && end.refused === 0],
      ],
    };
  });
}
