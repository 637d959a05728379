import { createCrowdsec } from '@crowdsec-sdk/core';
import { setTimeout as delay } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { silent } from './agent.mjs';

/** @import { SoakTask } from './types.d.mts' */

/**
 * One process under steady traffic: requests from ever new addresses, each twentieth of them reported with a large context. Sends what its
 * heap holds after a collection.
 */
/** @type {SoakTask} */
const { apiUrl, stateDir, seconds, requestsPerSecond, sampleSeconds } = JSON.parse(process.argv[2]);
setFlagsFromString('--expose-gc');
/** @type {() => void} */
const collect = runInNewContext('gc');
const send = (/** @type {object} */ message) => process.send?.(message);

const crowdsec = createCrowdsec({
  apiUrl,
  stateDir,
  scenarios: ['chaos/probe'],
  logger: silent,
});
await crowdsec.start();
const startedAt = performance.now();
const elapsed = () => (performance.now() - startedAt) / 1_000;
let requests = 0;
let nextSampleAt = 0;
for (; elapsed() < seconds; await delay(20)) {
  for (const due = elapsed() * requestsPerSecond; requests < due; requests++) request(requests);
  if (elapsed() < nextSampleAt) continue;
  nextSampleAt += sampleSeconds;
  collect();
  send({ seconds: Math.round(elapsed()), requests, heapMb: process.memoryUsage().heapUsed / 2 ** 20 });
}
const { sent, buffered, refused } = crowdsec.health().signals;
send({ sent, buffered, refused: Object.values(refused).reduce((sum, count) => sum + count, 0) });
await crowdsec.stop();
process.disconnect();

/** @param {number} number */
function request(number) {
  const ip = `20.${(number >> 16) & 255}.${(number >> 8) & 255}.${number & 255}`;
  const target = `/shop/${number}?q=${'x'.repeat(15_000)}`;
  const verdict = crowdsec.bouncer.inspect({
    remoteAddress: ip,
    method: 'GET',
    path: `/shop/${number}`,
    headers: { host: 'shop.example', 'user-agent': `soak/${number}` },
  });
  if (number % 20 !== 0) return;
  crowdsec.report({
    ip: verdict.ip,
    scenario: 'chaos/probe',
    context: { target_uri: target.slice(0, 1_000), user_agent: `soak/${number}` },
  });
}
