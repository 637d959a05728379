import type { Clock, CrowdsecOptions } from '@crowdsec-sdk/core';
import { EXTENSION_API_VERSION, type DetectionEvent, type Extension } from '@crowdsec-sdk/core/extension';
import { ADVANCE_CLOCK } from './advance-clock.js';
import { HOUR_MS, movableClock } from './movable-clock.js';

const write = (event: DetectionEvent): undefined => void process.stdout.write(`${JSON.stringify(event)}\n`);

const writeEvents: Extension = {
  name: 'conformance.write-events',
  apiVersion: EXTENSION_API_VERSION,
  detectors: [{ name: 'write', on: ['request', 'response'], detect: write }],
};

/**
 * The options of the agent in a program that `processHost` starts: those in `CROWDSEC_OPTIONS`, as JSON, or `defaults` where nobody has
 * set it. With `CROWDSEC_EVENTS=stdout` the agent writes what detectors are told to the standard output, each event a line of JSON. With
 * `CROWDSEC_CLOCK=SIGUSR2` its clock goes ahead by an hour at each SIGUSR2.
 *
 * @throws SyntaxError when `CROWDSEC_OPTIONS` is not JSON
 */
export function programOptions(defaults: CrowdsecOptions): CrowdsecOptions {
  const given = process.env.CROWDSEC_OPTIONS;
  const options = given === undefined ? defaults : (JSON.parse(given) as CrowdsecOptions);
  return {
    ...options,
    ...(process.env.CROWDSEC_EVENTS === 'stdout' && { extensions: [writeEvents] }),
    ...(process.env.CROWDSEC_CLOCK === ADVANCE_CLOCK && { clock: signalledClock() }),
  };
}

function signalledClock(): Clock {
  const time = movableClock();
  process.on(ADVANCE_CLOCK, () => time.advance(HOUR_MS));
  return time.clock;
}
