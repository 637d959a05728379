import fs from 'node:fs';
import fsPromises from 'node:fs/promises';
import { syncBuiltinESMExports } from 'node:module';
import { silent } from './agent.mjs';

/**
 * One process of the run `freeze`: an agent that registers, logs in, pulls and reports. It stops itself (SIGSTOP) right before or after it puts
 * a file into place for the `freezeAt`th time, 0 for never. Every quarter of a second it tells of its health, and how many times it has.
 *
 * @type {import('./types.d.mts').FreezeTask}
 */
const { apiUrl, stateDir, freezeAt, moment } = JSON.parse(process.argv[2] ?? '');

let renames = 0;
/**
 * @param {number} rename
 * @param {'before' | 'after'} now
 */
const freezeIf = (rename, now) => {
  if (rename === freezeAt && moment === now) process.kill(process.pid, 'SIGSTOP');
};
const { rename } = fs;
/** @type {typeof fs.rename} */
const counted = Object.assign(
  (/** @type {Parameters<typeof rename>} */ ...[from, to, callback]) => {
    const number = ++renames;
    freezeIf(number, 'before');
    rename(from, to, (error) => {
      freezeIf(number, 'after');
      callback(error);
    });
  },
  { __promisify__: rename.__promisify__ },
);
fs.rename = counted;
const { rename: renameLater } = fsPromises;
fsPromises.rename = async (from, to) => {
  const number = ++renames;
  freezeIf(number, 'before');
  await renameLater(from, to);
  freezeIf(number, 'after');
};
syncBuiltinESMExports();

// After the functions above are in their places.
const { createCrowdsec } = await import('@crowdsec-sdk/core');
const crowdsec = createCrowdsec({ apiUrl, stateDir, scenarios: ['chaos/probe'], namespace: 'chaos', logger: silent });
process.once('SIGTERM', () => void crowdsec.stop().finally(() => process.exit()));
process.once('disconnect', () => process.exit(1));
await crowdsec.start();

let number = 0;
setInterval(() => {
  number++;
  crowdsec.report({ ip: `20.${process.pid & 255}.${number >> 8}.${number & 255}`, scenario: 'chaos/probe' });
  void crowdsec.flushSignals().catch(() => undefined);
}, 1_000);
setInterval(() => {
  const { identity, signals } = crowdsec.health();
  process.send?.({ machineId: identity.machineId, sent: signals.sent, renames });
}, 250);
