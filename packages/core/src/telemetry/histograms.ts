import { metrics, type Histogram, type MeterProvider } from '@opentelemetry/api';
import { SDK_VERSION } from '../version.js';
import { INSTRUMENTATION_SCOPE } from './agent-metrics.js';
import type { MetricAttributes } from './attributes.js';
import { INSTRUMENTS, type HistogramName } from './instruments.js';

/** Boundaries for durations of HTTP calls in s, by the semantic conventions, and some beyond for pulls. */
const BOUNDARIES = [0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10, 30, 60];

/** Records durations of what rarely happens: calls that leave, and pulls. */
export class Histograms {
  readonly #namespace: string;
  readonly #made = new Map<HistogramName, Histogram>();
  #provider: MeterProvider | undefined;

  constructor(namespace: string) {
    this.#namespace = namespace;
  }

  /** @param durationMs in ms; it is told in s */
  record(name: HistogramName, durationMs: number, attributes: MetricAttributes): void {
    this.#of(name).record(durationMs / 1000, { 'crowdsec.namespace': this.#namespace, ...attributes });
  }

  #of(name: HistogramName): Histogram {
    const provider = metrics.getMeterProvider();
    // An SDK that is set after the first call is heeded from then on.
    if (provider !== this.#provider) this.#made.clear();
    this.#provider = provider;
    const made = this.#made.get(name) ?? createHistogram(provider, name);
    this.#made.set(name, made);
    return made;
  }
}

function createHistogram(provider: MeterProvider, name: HistogramName): Histogram {
  const { unit, description } = INSTRUMENTS.find((instrument) => instrument.name === name)!;
  const advice = { explicitBucketBoundaries: BOUNDARIES };
  return provider.getMeter(INSTRUMENTATION_SCOPE, SDK_VERSION).createHistogram(name, { unit, description, advice });
}
