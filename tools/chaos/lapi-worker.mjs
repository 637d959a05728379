import { createCrowdsec } from '@crowdsec-sdk/core';
import KeyvRedis from '@keyv/redis';
import Keyv from 'keyv';
import { silent } from './agent.mjs';

/** @import { LapiTask, LapiTold } from './types.d.mts' */

/** One process of a run with a local API: tells, when it is asked, whether it pulls and what it holds about addresses. */
/** @type {LapiTask} */
const { lapiUrl, apiKey, redisSocket, intervalMs } = JSON.parse(process.argv[2] ?? '');

const crowdsec = createCrowdsec({
  lapi: { url: lapiUrl, apiKey, updateIntervalMs: intervalMs, usageMetrics: false },
  store: new Keyv(new KeyvRedis({ socket: { path: redisSocket, tls: false } })),
  namespace: 'chaos',
  logger: silent,
});
process.once('disconnect', () => process.exit(1));
process.on('message', (/** @type {readonly string[]} */ ips) => {
  /** @type {LapiTold} */
  const told = {
    role: crowdsec.health().decisions.lapi?.role,
    about: ips.map((ip) => typesOf(ip)),
  };
  process.send?.(told);
});
await crowdsec.start();
process.send?.('started');

/** @param {string} ip */
function typesOf(ip) {
  const types = new Set(crowdsec.explain(ip).map(({ type }) => type));
  return [...types].sort().join(',');
}
