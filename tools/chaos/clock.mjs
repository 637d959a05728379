import { setTimeout as delay } from 'node:timers/promises';
import { IdentityProcess } from './identity-process.mjs';
import { scaledTime } from './scaled-time.mjs';
import { callsTo, inTestEnvironment } from './test-environment.mjs';

const SCALE = 240;
const HOUR_MS = 3_600_000;
/** How much of the machine's time an hour of the agents takes. */
const REAL_HOUR_MS = HOUR_MS / SCALE;

/**
 * Wall clocks that are wrong: an hour ahead, an hour behind, one that jumps to and fro every ten minutes, and one that is three days
 * ahead after half of the time, as after a sleep. Each has three hours and a place of its own.
 *
 * @type {import('./types.d.mts').ChaosRun}
 */
export async function clock({ store }, say) {
  /** @type {Record<string, number>} */
  const figures = {};
  /** @type {[string, boolean][]} */
  const promises = [];
  for (const [name, skewAt] of Object.entries(KINDS)) {
    const { logins, machines, delivered, reported, isNamed } = await threeHours(store, skewAt);
    say(`${name}: ${logins} logins, ${delivered} of ${reported} signals`);
    Object.assign(figures, {
      [`${name}: logins`]: logins,
      [`${name}: reported`]: reported,
      [`${name}: delivered`]: delivered,
    });
    promises.push(
      [`${name}: one machine`, machines === 1],
      [
        `${name}: at most five logins an hour${name === 'jump' ? '' : ', and no more than a right clock makes and one'}`,
        logins <= (name === 'jump' ? 15 : 5),
      ],
      [`${name}: all but the last signals arrive`, reported > 10 && delivered >= reported - 3],
      [`${name}: health names the clock`, isNamed],
    );
  }
  return { about: `Three hours with a clock that is wrong, on ${store}, ${SCALE} times as fast.`, figures, promises };
}

/** By how much the clock is off, by the ten minutes that have passed. @type {Record<string, (tenMinutes: number) => number>} */
const KINDS = {
  ahead: () => HOUR_MS,
  behind: () => -HOUR_MS,
  jump: (tenMinutes) => (tenMinutes % 2 === 0 ? 0 : 2 * HOUR_MS),
  resume: (tenMinutes) => (tenMinutes < 9 ? 0 : 72 * HOUR_MS),
};

/**
 * @param {import('./types.d.mts').StoreKind} store
 * @param {(tenMinutes: number) => number} skewAt
 */
function threeHours(store, skewAt) {
  const epoch = Date.now();
  return inTestEnvironment(store, { clock: scaledTime(SCALE, epoch).clock }, async ({ sandbox, place }) => {
    const worker = new IdentityProcess({
      apiUrl: sandbox.url,
      place,
      scale: SCALE,
      epoch,
      skewMs: skewAt(0),
      prefix: '',
    });
    let isNamed = false;
    for (let tenMinutes = 0; tenMinutes < 18; tenMinutes++) {
      worker.setClock(skewAt(tenMinutes));
      for (let part = 0; part < 5; part++) {
        await delay(REAL_HOUR_MS / 30);
        isNamed ||= worker.isTelling('CLOCK_SKEW');
      }
    }
    const reported = worker.told?.reported ?? 0;
    await worker.end('SIGTERM');
    return {
      isNamed,
      reported,
      logins: callsTo(sandbox, 'POST', '/v3/watchers/login').length,
      machines: sandbox.machines.length,
      delivered: new Set(sandbox.signals.map(({ signal }) => signal.uuid)).size,
    };
  });
}
