import { createCrowdsec } from '@crowdsec-sdk/core';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { silent } from './agent.mjs';

/** Asks an agent for everything once, in a heap that churns. */
const crowdsec = createCrowdsec({
  apiUrl: process.argv[2],
  ephemeral: true,
  scenarios: ['chaos/probe'],
  timeoutMs: 2_000,
  logger: silent,
});
process.once('disconnect', () => process.exit());
await crowdsec.start();
const calls = [
  crowdsec.refreshDecisions(),
  crowdsec.pushSignals([{ ip: '20.0.0.1', scenario: 'chaos/probe' }]),
  crowdsec.enroll({ key: 'abc', name: 'chaos' }),
];
void Promise.allSettled(calls);

/** @type {Map<number, unknown>} */
const cache = new Map();
for (let i = 0; ; i++) {
  for (let j = 0; j < 100; j++) cache.set((i * 100 + j) % 20_000, { key: String(i), values: new Array(50).fill(j) });
  await nextTurn();
}
