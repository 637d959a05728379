import { createCrowdsec } from '@crowdsec-sdk/core';
import { manualTime } from '@crowdsec-sdk/core/testing';
import { silent } from './agent.mjs';
import { callsTo, inTestEnvironment, shortestGap } from './test-environment.mjs';

/** @import { ChaosOutcome } from './types.d.mts' */

const REPORTED = 1_000;
const REFUSAL = 'signal refused: it is poisoned';

/**
 * One signal among a thousand for which CAPI refuses every call that carries it. In files, by a clock that is moved.
 *
 * @returns {Promise<ChaosOutcome>}
 */
export function poison() {
  const time = manualTime(Date.now());
  return inTestEnvironment('files', { clock: time.clock }, async ({ sandbox, place }) => {
    const { clock, scheduler } = time;
    const crowdsec = createCrowdsec({
      apiUrl: sandbox.url,
      ...place,
      scenarios: ['chaos/probe'],
      clock,
      scheduler,
      logger: silent,
    });
    await crowdsec.start();
    const startedAt = clock.now();
    const receipts = Array.from({ length: REPORTED }, (_, n) =>
      crowdsec.report({ ip: `20.1.${n >> 8}.${n & 255}`, scenario: 'chaos/probe' }),
    );
    const victim = receipts[Math.floor(Math.random() * REPORTED)];
    if (victim.status === 'refused') throw new Error(`a signal was refused: ${victim.reason}`);
    const bad = victim.uuid;
    sandbox.rejectSignals(({ uuid }) => (uuid === bad ? REFUSAL : undefined));
    while (sandbox.signals.length < REPORTED - 1 || crowdsec.health().signals.buffered > 0) {
      await time.advance(1_000);
      if (clock.now() - startedAt > 3_600_000) break;
    }
    const setAside = await crowdsec.poisonedSignals();
    await crowdsec.stop();

    const delivered = new Set(sandbox.signals.map(({ signal }) => signal.uuid));
    const calls = callsTo(sandbox, 'POST', '/v3/signals');
    const figures = {
      reported: REPORTED,
      delivered: delivered.size,
      duplicates: sandbox.signals.length - delivered.size,
      setAside: setAside.length,
      calls: calls.length,
      refusedCalls: calls.filter(({ status }) => status === 400).length,
      minGapMs: shortestGap(calls),
      minutes: Number(((clock.now() - startedAt) / 60_000).toFixed(1)),
    };
    return {
      about: `One poisoned signal among ${REPORTED}; what was set aside with it: "${setAside[0]?.message}".`,
      figures,
      promises: [
        ['all others arrive', figures.delivered === REPORTED - 1 && !delivered.has(bad)],
        ['once', figures.duplicates === 0],
        ['it alone is set aside', setAside.length === 1 && setAside[0].signal.uuid === bad],
        ["with the server's message", setAside[0]?.message.includes(REFUSAL) === true],
        ['calls are at least 10 s apart', figures.minGapMs >= 10_000],
      ],
    };
  });
}
