import { appendFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { openAgent } from './agent.mjs';

/** @import { WorkerTask } from './types.d.mts' */

/**
 * One process of a run: starts an agent, reports signals `from` to `to`, evenly, one every `everyMs`, and then asks for what waits
 * to be sent, as soon as that may be. What it did it appends to its log, line by line, so that a kill leaves what is true: a uuid stands
 * there only once its signal was stored.
 */
/** @type {WorkerTask & { log: string }} */
const { log, from, to, everyMs = 0, ...run } = JSON.parse(process.argv[2] ?? '');
const write = (/** @type {string} */ line) => appendFileSync(log, `${line}\n`);

const crowdsec = openAgent(run);
process.once('SIGTERM', () => void crowdsec.stop().finally(() => process.exit()));
process.once('disconnect', () => process.exit(1));
process.send?.('starting');
await crowdsec.start();

const startedAt = performance.now();
for (let next = from; next < to; await delay(10)) {
  const due = Math.min(to, from + Math.ceil((performance.now() - startedAt) / everyMs));
  for (; next < due; next++) report(next);
}
for (; to > 0; await delay(500)) await crowdsec.flushSignals().catch(() => undefined);

/** @param {number} number */
function report(number) {
  write('reported');
  const receipt = crowdsec.report({
    ip: `20.${number >> 16}.${(number >> 8) & 255}.${number & 255}`,
    scenario: 'chaos/probe',
  });
  if (receipt.status === 'refused') write(`refused ${receipt.reason}`);
  else void receipt.stored.then(() => write(`accepted ${receipt.uuid}`));
}
