import type { Clock } from '../clock.js';
import type { MeasurePull } from '../measure-pull.js';
import { errorType } from './error-type.js';
import type { Histograms } from './histograms.js';

/** Measures how long pulls take, and what they come to. */
export function measuredPull({
  histograms,
  clock,
}: {
  readonly histograms: Histograms;
  readonly clock: Clock;
}): MeasurePull {
  return async (source, pull) => {
    const from = clock.monotonic();
    const record = (outcome: { readonly 'crowdsec.refresh.result': string; readonly 'error.type'?: string }): void => {
      const attributes = { 'crowdsec.source': source, ...outcome };
      histograms.record('crowdsec.decision.refresh.duration', clock.monotonic() - from, attributes);
    };
    try {
      const result = await pull();
      record({ 'crowdsec.refresh.result': 'refreshed' });
      return result;
    } catch (error) {
      record({ 'crowdsec.refresh.result': 'failed', 'error.type': errorType(error) });
      throw error;
    }
  };
}
