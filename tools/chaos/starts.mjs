import { setTimeout as delay } from 'node:timers/promises';
import { Worker } from './workers.mjs';
import { callsTo, inTestEnvironment } from './test-environment.mjs';

/** @import { ChaosOptions, ChaosOutcome, Say } from './types.d.mts' */

/** How long the last start is left alone at most, in ms. */
const DEADLINE_MS = 120_000;

/**
 * A crash loop: each agent is killed at a random moment within two seconds from its start, and the last one is left alone.
 *
 * @param {Pick<ChaosOptions, 'store' | 'starts'>} options
 * @param {Say} say
 * @returns {Promise<ChaosOutcome>}
 */
export function starts({ store, starts: count }, say) {
  return inTestEnvironment(store, {}, async ({ sandbox, place, folder }) => {
    // Slow, so that many a start is killed while a registration or a login is on its way.
    sandbox.faults.add({ path: '/v3/watchers', delayMs: 500, times: Infinity });
    const pulled = () => callsTo(sandbox, 'GET', '/v3/decisions/stream').some(({ status }) => status === 200);
    const worker = new Worker(folder, { apiUrl: sandbox.url, place, from: 0, to: 0 });
    let cutOff = 0;
    for (let number = 1; number <= count; number++) {
      await worker.isUp();
      await delay(2_000 * Math.random());
      await worker.end('SIGKILL');
      cutOff += sandbox.calls.at(-1)?.status === undefined && sandbox.calls.length > 0 ? 1 : 0;
      if (number % 10 === 0) say(`${number} starts, ${sandbox.calls.length} calls`);
      worker.start();
    }
    for (let waited = 0; waited < DEADLINE_MS && !pulled(); waited += 500) await delay(500);
    await delay(5_000);
    await worker.end('SIGTERM');

    const figures = {
      starts: count + 1,
      cutOff,
      machines: sandbox.machines.length,
      registrations: callsTo(sandbox, 'POST', '/v3/watchers').length,
      logins: callsTo(sandbox, 'POST', '/v3/watchers/login').length,
      pulls: callsTo(sandbox, 'GET', '/v3/decisions/stream').length,
    };
    return {
      about: `${count} starts on ${store}, each killed within two seconds, ${cutOff} of them with a call on its way; then one more.`,
      figures,
      promises: [
        ['one machine', figures.machines === 1],
        ['at most 3 logins', figures.logins <= 3],
        ['the last one has pulled, or found what an earlier one has', pulled()],
      ],
    };
  });
}
