import type { Clock } from '../clock.js';
import type { DecisionSource } from '../sources/decision-source.js';
import { errorType } from './error-type.js';
import type { Histograms } from './histograms.js';

/** A source whose pulls are measured. */
export function timedSource(
  source: DecisionSource,
  { histograms, clock }: { readonly histograms: Histograms; readonly clock: Clock },
): DecisionSource {
  return {
    ...source,
    pull: async (context) => {
      const from = clock.monotonic();
      const record = (outcome: {
        readonly 'crowdsec.refresh.result': string;
        readonly 'error.type'?: string;
      }): void => {
        const attributes = { 'crowdsec.source': source.name, ...outcome };
        histograms.record('crowdsec.decision.refresh.duration', clock.monotonic() - from, attributes);
      };
      try {
        const result = await source.pull(context);
        record({ 'crowdsec.refresh.result': 'refreshed' });
        return result;
      } catch (error) {
        record({ 'crowdsec.refresh.result': 'failed', 'error.type': errorType(error) });
        throw error;
      }
    },
  };
}
