import { createCrowdsec } from '@crowdsec-sdk/core';
import KeyvRedis from '@keyv/redis';
import Keyv from 'keyv';
import { silent } from './agent.mjs';
import { scaledTime } from './scaled-time.mjs';

/**
 * One process of the runs about clocks and prefixes: an agent that reports a signal every ten minutes of its own time and sends what
 * waits. Its wall clock is off by what it was last told over IPC, in ms. Every quarter of a second it tells of its health.
 */
/** @type {import('./types.d.mts').IdentityTask} */
const { apiUrl, place, scale, epoch, skewMs, prefix } = JSON.parse(process.argv[2] ?? '');
let skew = skewMs;
const time = scaledTime(scale, epoch);
const store =
  'redisSocket' in place ? new Keyv(new KeyvRedis({ socket: { path: place.redisSocket, tls: false } })) : undefined;
const crowdsec = createCrowdsec({
  apiUrl,
  scenarios: ['chaos/probe'],
  machineIdPrefix: prefix,
  clock: { now: () => time.clock.now() + skew, monotonic: () => time.clock.monotonic() },
  scheduler: time.scheduler,
  journalDelayMs: 5_000,
  logger: silent,
  namespace: 'chaos',
  ...('stateDir' in place ? { stateDir: place.stateDir } : {}),
  ...(store === undefined ? {} : { store }),
});
process.on('message', (told) => (skew = Number(told)));
process.once('SIGTERM', () => void crowdsec.stop().finally(() => process.exit()));
process.once('disconnect', () => process.exit(1));
await crowdsec.start();

let number = 0;
setInterval(() => {
  number++;
  crowdsec.report({ ip: `20.${process.pid & 255}.${number >> 8}.${number & 255}`, scenario: 'chaos/probe' });
  void crowdsec.flushSignals().catch(() => undefined);
}, 600_000 / scale);
setInterval(() => {
  const { problems, identity } = crowdsec.health();
  process.send?.({ problems, machineId: identity.machineId, reported: number });
}, 250);
