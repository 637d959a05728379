import { createCrowdsec } from '@crowdsec-sdk/core';
import { manualTime } from '@crowdsec-sdk/core/testing';
import { silent } from './agent.mjs';
import { callsTo, inTestEnvironment, shortestGap } from './test-environment.mjs';

/** @import { ChaosOutcome } from './types.d.mts' */

const REPORTED = 1_000;
const MINUTE_MS = 60_000;
/** The pace of the network is what is looked at; the polls of the store every few seconds are not. */
const POLLED_SELDOM = { strideMs: 10_000 };
const STATUSES = [400, 413, 422];

/**
 * An hour in which CAPI answers 400, then one of 413, then one of 422 to every call with signals, while two scenarios report. In files, by
 * a clock that is moved.
 *
 * @returns {Promise<ChaosOutcome>}
 */
export function outage() {
  const time = manualTime(Date.now());
  const { clock, scheduler } = time;
  return inTestEnvironment('files', { clock }, async ({ sandbox, place }) => {
    const crowdsec = createCrowdsec({
      apiUrl: sandbox.url,
      ...place,
      scenarios: ['chaos/probe', 'chaos/other'],
      clock,
      scheduler,
      logger: silent,
    });
    await crowdsec.start();
    const signalCalls = () => callsTo(sandbox, 'POST', '/v3/signals');
    let maxFailedCalls = 0;
    let minutes = 0;
    for (const [round, status] of STATUSES.entries()) {
      const before = signalCalls().length;
      const fault = sandbox.faults.add({ path: '/v3/signals', status, times: Infinity });
      for (let n = 0; n < REPORTED; n++) {
        const scenario = n % 4 === 0 ? 'chaos/other' : 'chaos/probe';
        crowdsec.report({ ip: `20.${round}.${n >> 8}.${n & 255}`, scenario });
      }
      // Calls follow each other at the pace of the network first, and minutes apart later.
      await time.advance(10 * MINUTE_MS, POLLED_SELDOM);
      await time.advance(50 * MINUTE_MS, { strideMs: MINUTE_MS });
      maxFailedCalls = Math.max(maxFailedCalls, signalCalls().length - before);
      fault[Symbol.dispose]();
      const overAt = clock.now();
      while (crowdsec.health().signals.buffered > 0 && clock.now() - overAt < 60 * MINUTE_MS) {
        await time.advance(MINUTE_MS, POLLED_SELDOM);
      }
      minutes = Math.max(minutes, (clock.now() - overAt) / MINUTE_MS);
    }
    const setAside = (await crowdsec.poisonedSignals()).length;
    await crowdsec.stop();

    const delivered = new Set(sandbox.signals.map(({ signal }) => signal.uuid)).size;
    const calls = signalCalls();
    const figures = {
      reported: REPORTED * STATUSES.length,
      setAside,
      mostCallsInVainInAnHour: maxFailedCalls,
      delivered,
      duplicates: sandbox.signals.length - delivered,
      minutesToRecover: minutes,
      minGapMs: shortestGap(calls),
    };
    return {
      about: `An hour of ${STATUSES.join(', then one of ')} to every call with signals, ${REPORTED} signals waiting each time.`,
      figures,
      promises: [
        ['no signal is set aside', setAside === 0],
        ['at most 30 calls an hour are made in vain', maxFailedCalls <= 30],
        ['all arrive', delivered === figures.reported],
        ['once', figures.duplicates === 0],
        ['within a quarter of an hour', minutes <= 15],
        ['calls are at least 10 s apart', figures.minGapMs >= 10_000],
      ],
    };
  });
}
