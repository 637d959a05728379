import { createCrowdsec } from '@crowdsec-sdk/core';
import KeyvRedis from '@keyv/redis';
import Keyv from 'keyv';
import { setTimeout as delay } from 'node:timers/promises';

/** @import { StoreWorkerTask } from './types.d.mts' */

/**
 * One agent that tells its parent, ten times a second, what its health says of the store, and reports a signal every half second. The uuid
 * of a signal is told once it is stored.
 */
/** @type {StoreWorkerTask} */
const { apiUrl, place, flushes = false } = JSON.parse(process.argv[2] ?? '');
const log = (/** @type {string} */ text) => process.send?.({ log: text });
const crowdsec = createCrowdsec({
  apiUrl,
  scenarios: ['chaos/probe'],
  logger: { debug() {}, info: log, warn: log, error: log },
  namespace: 'chaos',
  ...('stateDir' in place ? { stateDir: place.stateDir } : { store: storeAt(place) }),
});
process.once('disconnect', () => process.exit(1));
process.on('message', (message) => {
  if (message === 'stop') void crowdsec.stop({ deadlineMs: 3_000 }).finally(() => process.exit());
});
await crowdsec.start();

for (let tick = 0; ; tick++) {
  const { store, problems, decisions, identity } = crowdsec.health();
  process.send?.({
    health: {
      reachable: store.reachable,
      writable: store.writable,
      codes: problems.map(({ code }) => code),
      pulled: decisions.pulledAt !== undefined,
      identity: identity.identity,
    },
  });
  if (tick % 5 === 0) report(tick);
  if (flushes && tick % 10 === 9) void crowdsec.flushSignals().catch(() => undefined);
  await delay(100);
}

/** @param {number} tick */
function report(tick) {
  const number = (process.pid << 8) + tick;
  const ip = `20.${(number >> 16) & 255}.${(number >> 8) & 255}.${number & 255}`;
  const receipt = crowdsec.report({ ip, scenario: 'chaos/probe' });
  if (receipt.status === 'buffered') void receipt.stored.then(() => process.send?.({ stored: receipt.uuid }));
}

/** @param {Exclude<StoreWorkerTask['place'], { stateDir: string }>} at */
function storeAt(at) {
  if ('url' in at) return at.url;
  if ('keyvUrl' in at) return new Keyv(new KeyvRedis(at.keyvUrl));
  if ('clusterUrls' in at) {
    return new Keyv(new KeyvRedis({ rootNodes: at.clusterUrls.map((url) => ({ url })) }));
  }
  const { name, ports } = at.sentinel;
  const sentinelRootNodes = ports.map((port) => ({ host: '127.0.0.1', port }));
  return new Keyv(new KeyvRedis({ name, sentinelRootNodes }));
}
