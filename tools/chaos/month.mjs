import { createCrowdsec } from '@crowdsec-sdk/core';
import { manualTime } from '@crowdsec-sdk/core/testing';
import { execFileSync } from 'node:child_process';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { silent } from './agent.mjs';
import { callsTo, inTestEnvironment } from './test-environment.mjs';

/** @import { Receipt } from '@crowdsec-sdk/core' */
/** @import { ChaosOptions, ChaosOutcome, Say } from './types.d.mts' */

const DAYS = 30;
const MINUTE_MS = 60_000;
const DAY_MS = 24 * 60 * MINUTE_MS;
/** What is reported each day: as many decisions and as many whispers, all different. */
const PER_DAY = 500;
/** The default of `bufferSize`: much less than a month's worth. */
const BUFFER_SIZE = 10_000;

/**
 * CAPI is out of reach for a month, by a clock that is moved, and the application reports on. In files.
 *
 * @param {ChaosOptions} _options
 * @param {Say} say
 * @returns {Promise<ChaosOutcome>}
 */
export function month(_options, say) {
  const time = manualTime(Date.now());
  const { clock, scheduler } = time;
  return inTestEnvironment('files', { clock }, async ({ sandbox, place }) => {
    const crowdsec = createCrowdsec({
      apiUrl: sandbox.url,
      ...place,
      scenarios: ['chaos/probe'],
      bufferSize: BUFFER_SIZE,
      clock,
      scheduler,
      logger: silent,
    });
    await crowdsec.start();
    await time.advance(MINUTE_MS);
    const evicted = new Set();
    crowdsec.on('signalEvicted', ({ uuid }) => evicted.add(uuid));
    const before = { heap: heapBytes(), calls: sandbox.calls.length };
    const outage = sandbox.faults.add({ cut: 'before', times: Infinity });

    /** @type {string[]} */
    const accepted = [];
    const refused = { decisions: 0, whispers: 0 };
    for (let day = 0; day < DAYS; day++) {
      for (let n = 0; n < PER_DAY; n++) {
        const address = `${day}.${n >> 8}.${n & 255}`;
        take(crowdsec.whisper({ ip: `21.${address}`, scenario: 'chaos/probe' }), 'whispers');
        take(crowdsec.report({ ip: `20.${address}`, scenario: 'chaos/probe' }), 'decisions');
      }
      await time.advance(MINUTE_MS);
      time.jump(DAY_MS - 5 * MINUTE_MS);
      await time.advance(4 * MINUTE_MS);
      if ((day + 1) % 10 === 0)
        say(`day ${day + 1}: ${crowdsec.health().signals.buffered} wait, ${evicted.size} made room`);
    }
    /**
     * @param {Receipt} receipt
     * @param {keyof typeof refused} kind
     */
    function take(receipt, kind) {
      if (receipt.status === 'refused') refused[kind] += 1;
      else accepted.push(receipt.uuid);
    }
    const { signals: full } = crowdsec.health();
    const calls = sandbox.calls.length - before.calls;
    const heapMb = (heapBytes() - before.heap) / 2 ** 20;
    const diskMb = Number(execFileSync('du', ['-sm', place.stateDir], { encoding: 'utf8' }).split('\t')[0]);

    outage[Symbol.dispose]();
    const backAt = clock.now();
    while (crowdsec.health().signals.buffered > 0 && clock.now() - backAt < DAY_MS) await time.advance(MINUTE_MS);
    const minutes = (clock.now() - backAt) / MINUTE_MS;
    await crowdsec.stop();

    const delivered = new Set(sandbox.signals.map(({ signal }) => signal.uuid));
    const lost = accepted.filter((uuid) => !delivered.has(uuid) && !evicted.has(uuid));
    const figures = {
      reported: 2 * DAYS * PER_DAY,
      accepted: accepted.length,
      evicted: evicted.size,
      refused: refused.decisions + refused.whispers,
      waited: full.buffered,
      delivered: delivered.size,
      duplicates: sandbox.signals.length - delivered.size,
      callsWhileAway: calls,
      logins: callsTo(sandbox, 'POST', '/v3/watchers/login').length,
      heapMb: Number(heapMb.toFixed(1)),
      diskMb,
      minutesToRecover: minutes,
    };
    return {
      about: `A month offline with ${2 * PER_DAY} reports a day and room for ${BUFFER_SIZE} signals.`,
      figures,
      promises: [
        ['never more wait than the buffer holds', full.buffered <= BUFFER_SIZE],
        ['every report is accepted or refused, and counted', accepted.length + figures.refused === figures.reported],
        [
          'refusals and evictions are counted in health',
          full.refused['buffer-full'] === figures.refused && full.evicted === evicted.size,
        ],
        ['decisions are refused only when no whisper can make room', refused.decisions <= DAYS * PER_DAY - BUFFER_SIZE],
        ['memory is bounded', heapMb < 64],
        ['disk is bounded', diskMb < 64],
        [`all that was accepted and not evicted arrives (${lost.length} did not)`, lost.length === 0],
        ['nothing waits at the end', minutes < 24 * 60],
      ],
    };
  });
}

/** What the heap holds after a collection. */
function heapBytes() {
  setFlagsFromString('--expose-gc');
  runInNewContext('gc')();
  return process.memoryUsage().heapUsed;
}
