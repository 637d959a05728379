import { setTimeout as delay } from 'node:timers/promises';
import { IdentityProcess } from './identity-process.mjs';
import { scaledTime } from './scaled-time.mjs';
import { callsTo, inTestEnvironment } from './test-environment.mjs';

const SCALE = 240;
const DAY_MS = 24 * 3_600_000;

/**
 * Two processes with different prefixes in one place for a day, then one process after the other with prefixes that change and change
 * back.
 *
 * @type {import('./types.d.mts').ChaosRun}
 */
export async function prefixes({ store }, say) {
  const epoch = Date.now();
  const time = scaledTime(SCALE, epoch);
  return inTestEnvironment(store, { clock: time.clock }, async ({ sandbox, place }) => {
    /** @param {string} prefix */
    const started = (prefix) =>
      new IdentityProcess({ apiUrl: sandbox.url, place, scale: SCALE, epoch, skewMs: 0, prefix });
    const both = [started('first'), started('second')];
    let isNamed = false;
    for (let part = 0; part < 24; part++) {
      await delay(DAY_MS / SCALE / 24);
      isNamed ||= both.some((each) => each.isTelling("'first'") && each.isTelling("'second'"));
    }
    for (const each of both) await each.end('SIGKILL');
    const [dayMachines, dayLogins] = [sandbox.machines.length, callsTo(sandbox, 'POST', '/v3/watchers/login').length];
    say(`a day of two prefixes: ${dayMachines} machines, ${dayLogins} logins`);

    for (const prefix of ['first', 'second', 'first', 'second']) {
      const worker = started(prefix);
      for (let waited = 0; waited < 120 && !(worker.told?.machineId?.startsWith(prefix) ?? false); waited++)
        await delay(250);
      say(`${prefix}: ${worker.told?.machineId ?? 'none'}`);
      await worker.end('SIGTERM');
    }
    const machines = sandbox.machines.length;
    return {
      about: `Two prefixes on ${store} for a day, then by turns, ${SCALE} times as fast.`,
      figures: { dayMachines, dayLogins, machines },
      promises: [
        ['a process tells of both prefixes', isNamed],
        ['a machine for each prefix at most, also when they change back', dayMachines <= 2 && machines === 2],
        ['at most two logins an hour on average', dayLogins <= 48],
      ],
    };
  });
}
